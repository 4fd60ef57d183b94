# Reads the recipes of a build with Ruby itself: `ruby recipes.rb BUILD API-BUILD`, where the
# second is a build of the same program with all calls carried out by the api backend. What
# the recipes give to the steps must be, value by value, what api/calls.json says, and every
# resource must stand where the plan's source map has it. Prints what differs.

require 'json'

plan = JSON.parse(File.read(File.join(ARGV[0], 'plan.json')))
calls = JSON.parse(File.read(File.join(ARGV[1], 'api/calls.json')))['calls']
$wrong = 0

def differ(text)
  puts text
  $wrong += 1
end

# What only running tells, as a text that stands for it.
def deferred(value)
  "\u0001#{JSON.generate(value)}\u0001"
end

# A value of a plan as the recipe comes to it; nil where that cannot be told here.
def expected(value)
  case value
  when Array then value.map { |one| expected(one) }
  when Hash
    tag, what = value.first
    case tag
    when '$text' then what.map { |part| expected(part) }.join
    when '$ref', '$get', '$secret' then deferred(value)
    when '$dict' then what.to_h { |key, one| [key, expected(one)] }
    when /\A\$/ then nil
    else value.transform_values { |one| expected(one) }
    end
  else value
  end
end

# The library of our cookbook, whose answers are the questions.
module Dvo
  class << self
    attr_accessor :vars, :registers

    def value(name) = expected(vars.fetch(name))
    def value?(name) = vars.key?(name)
    def secret(path) = deferred({ '$secret' => path })
    def text(value) = value
    def result(name, field) = deferred({ '$ref' => [registers.fetch(name), field] })
    def result?(name, field = nil) = registers.key?(name) && field != ''
    def changed?(*names) = names.all? { |name| registers.fetch(name.sub(/__.*/, '')) }
    def failed?(name) = !registers.fetch(name.sub(/__.*/, ''))
    def register(_resource, name) = registers.fetch(name)
  end
end

# A resource of our cookbook, as its file says.
class Declaration
  attr_reader :type, :properties

  # What its action asks the step library for.
  Asked = Struct.new(:new_resource) do
    def step(function, parameters = {})
      [function, parameters.transform_keys(&:to_s).reject { |_, value| nothing?(value) }]
    end
  end

  def initialize(path)
    @properties = {}
    instance_eval(File.read(path, encoding: 'UTF-8'), path)
  end

  def provides(type) = @type = type
  def unified_mode(_) = nil
  def use(_) = nil
  def description(_) = nil
  def property(name, types = nil, **more) = @properties[name] = { types: types }.merge(more)
  def action(_, description:, &block) = @action = block

  # The function and the parameters of a resource that a recipe declares.
  def ask(resource)
    given = @properties.to_h do |name, property|
      value = resource.told.fetch(name) { property[:name_property] ? resource.name : property[:default] }
      value = property[:coerce].call(value) if property[:coerce]
      types = [*property[:types]].map { |type| { true => TrueClass, false => FalseClass }.fetch(type, type) }
      known = [nil, *types].any? { |type| type === value } || types.empty? || value.to_s.include?("\u0001")
      differ("line #{resource.line}: #{name} is #{value.inspect}, not of #{types}") unless known
      [name, value]
    end
    strange = resource.told.keys - @properties.keys - %i(register timeout sensitive ignore_failure)
    differ("line #{resource.line}: no property #{strange}") unless strange.empty?
    Asked.new(Struct.new(*given.keys).new(*given.values)).instance_eval(&@action)
  end

  def defaults = @properties.values.filter_map { |property| property[:default] }
end

# What a step is not told: nothing, or a list of nothing.
def nothing?(value)
  value.nil? || value == [] || value == {}
end

# One resource as a recipe declares it.
Resource = Struct.new(:type, :name, :line, :told)

# Its block: every word is a property.
class Properties < BasicObject
  def initialize(told)
    @told = told
  end

  def lazy = yield
  def only_if = yield
  def not_if = yield

  def method_missing(property, value = nil)
    @told[property] = value
  end

  def respond_to_missing?(*) = true
end

class Recipe
  attr_reader :resources

  def initialize(path)
    @resources = []
    instance_eval(File.read(path, encoding: 'UTF-8'), path)
  end

  def method_missing(type, name, &block)
    resource = Resource.new(type, name, caller_locations(1, 1).first.lineno, {})
    Properties.new(resource.told).instance_eval(&block) if block
    @resources << resource
  end

  def respond_to_missing?(*) = true
end

Dir.glob(File.join(ARGV[0], 'chef/**/*.rb')).each do |path|
  RubyVM::InstructionSequence.compile_file(path)
rescue SyntaxError => e
  differ("#{path}: #{e.message}")
end

declarations = Dir.glob(File.join(ARGV[0], 'chef/cookbooks/dvo/resources/[^_]*.rb')).to_h do |path|
  declaration = Declaration.new(path)
  [declaration.type, declaration]
end

parts = plan['segments'].select { |segment| segment['tool'] == 'chef' }.flat_map do |segment|
  segment['machines'].map { |machine| [segment, machine] }
end
parts.each do |segment, machine|
  Dvo.vars = segment['vars'].merge(machine['vars'])
  Dvo.registers = segment['registers'].invert.transform_values { |place| machine['ops'][place.to_i] }
  resources = Recipe.new(File.join(ARGV[0], segment['file'])).resources
  lines = resources.map(&:line)
  differ("#{segment['file']}: resources at #{lines}") unless lines == segment['tasks'].map(&:first)
  steps = segment['tasks'].zip(resources).select { |_, resource| declarations.key?(resource&.type) }
  steps.group_by { |task, _| task[1] }.each do |place, declared|
    op = place.is_a?(Array) ? machine['ops'].values_at(*place) : machine['ops'][place]
    entry = calls.find { |call| call['op'] == Array(op).first }
    entry = entry['together'] if op.is_a?(Array)
    differ("op #{op}: #{entry['ops']}") unless entry['ops'].nil? || entry['ops'] == op
    wanted = entry['steps'].reject { |step| step['step'] == 'put' }
    found = declared.map { |_, resource| declarations[resource.type].ask(resource) }
    differ("op #{op}: #{found.map(&:first)}") unless found.map(&:first) == wanted.map { |step| step['step'] }
    wanted.zip(found, declared).each do |step, (_, given), (_, resource)|
      params = step['params'].reject { |_, value| nothing?(value) }
      params.each do |key, value|
        want = expected(value)
        next if want.nil? || nothing?(want)
        differ("op #{op}: #{key} is #{given[key].inspect}, not #{want.inspect}") unless given[key] == want
      end
      # A default of the resource is what the record says too.
      extra = given.except(*params.keys).reject { |_, value| declarations[resource.type].defaults.include?(value) }
      differ("op #{op}: #{extra} more") unless extra.empty?
    end
  end
end
exit($wrong.zero?)
