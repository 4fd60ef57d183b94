# What recipes ask for while they run: values from outside of the run, secrets, and what
# earlier resources came to.
#
# The environment variable DVO_VALUES names a JSON file: values by their names, and under
# `dvo` what the run itself is told: `secrets` by their paths, `only` (the file of the one
# recipe whose turn it is), `skip` (lines of that recipe whose resources take no part),
# `left_out` (by such a line, who of those for whom a step is carried out takes no part),
# `results` of resources that are done already, and `changed_before`, the registers of those
# that an interrupted run had changed.

require 'json'
require 'set'

module Dvo
  # A value that the values file does not have, or a result that no resource left.
  class Missing < StandardError; end

  # What a resource came to.
  Outcome = Struct.new(:changed, :failed, :fields, :reason)

  class << self
    def value(name)
      file.fetch(name) do
        own.fetch(name) { raise Missing, "the values file (DVO_VALUES) has no '#{name}'" }
      end
    end

    def value?(name)
      file.key?(name) || own.key?(name)
    end

    def secret(path)
      told('secrets', {}).fetch(path) { raise Missing, "the values file (DVO_VALUES) has no secret '#{path}'" }
    end

    # The text of a value, as the program's language has it.
    def text(value)
      case value
      when nil then 'None'
      when true then 'True'
      when false then 'False'
      else value.to_s
      end
    end

    # A field of what the resource with this register came to.
    def result(name, field)
      raise Missing, "no resource of this run has left '#{field}' in '#{name}'" unless result?(name, field)
      outcomes[name].fields[field]
    end

    # Whether that resource came to a result, with this field if one is asked for.
    def result?(name, field = nil)
      outcome = outcomes[name]
      return false if outcome.nil? || outcome.failed
      field.nil? || outcome.fields.key?(field)
    end

    # Whether a resource with one of these registers changed something.
    def changed?(*names)
      names.any? { |name| before.include?(name) || outcomes[name]&.changed }
    end

    def failed?(name)
      outcomes[name]&.failed ? true : false
    end

    # Gives a resource that has no property for it a register.
    def register(resource, name)
      registers[resource] = name
    end

    # Keeps what a resource came to; the fields and the reason are a step's.
    def note(resource, changed: false, failed: false, fields: {}, reason: '')
      outcome = Outcome.new(changed, failed, fields, reason)
      fresh[resource] = outcome
      name = registers[resource]
      name ||= resource.register if resource.respond_to?(:register)
      outcomes[name] = outcome if name
    end

    # What a resource has just come to, once.
    def take(resource)
      fresh.delete(resource) || Outcome.new(false, false, {}, '')
    end

    # Whether the resource that is declared there takes part in this run.
    def part?(path, line)
      only = told('only', path)
      path == only && !skipped.include?(line)
    end

    # The parameters of a step that is declared there, without those who take no part.
    def taking_part(line, parameters)
      without = told('left_out', {})[line.to_s]
      return parameters if without.nil? || parameters[:members].nil?
      members = parameters[:members].each_with_index.map { |one, index| without.include?(index) ? '' : one }
      packages = parameters[:packages] & members.flat_map(&:split)
      parameters.merge(packages: packages, members: members)
    end

    private

    def file
      @file ||= ENV['DVO_VALUES'] ? JSON.parse(File.read(ENV['DVO_VALUES'], encoding: 'UTF-8')) : {}
    end

    # What was known of this machine when the recipes were written: its node file has it.
    def own
      @own ||= Chef.run_context.node.read('dvo').to_h
    end

    def told(name, default)
      (file['dvo'] || {}).fetch(name, default)
    end

    def skipped
      @skipped ||= told('skip', []).to_set
    end

    def outcomes
      @outcomes ||= told('results', {}).transform_values do |known|
        Outcome.new(known['changed'], false, known['fields'] || {}, '')
      end
    end

    def before
      @before ||= told('changed_before', []).to_set
    end

    def registers
      @registers ||= {}.compare_by_identity
    end

    def fresh
      @fresh ||= {}.compare_by_identity
    end
  end
end
