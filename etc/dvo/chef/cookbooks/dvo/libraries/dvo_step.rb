# Runs a function of the step library (files/steps.sh) and reads its answer. The parameters
# go to the standard input of the shell, so that no list of processes shows them.

require 'open3'

module DvoStep
  # A step that failed, with the name of its error.
  class Failed < StandardError
    attr_reader :errno

    def initialize(errno, message)
      super(message)
      @errno = errno
    end
  end

  # What every resource is that carries out a step.
  module Resource; end

  Answer = Struct.new(:state, :errno, :reason, :fields)

  class << self
    # Carries the step out, or with `check` only looks.
    def run(library, function, parameters, check: false, timeout: nil)
      script = compose(library, function, parameters, check, timeout)
      output, said, = Open3.capture3('/bin/sh', stdin_data: script, binmode: true)
      parse(output) || Answer.new('failed', 'EUNKNOWN', "the step came to no result: #{text(said)[-2000..] || text(said)}", {})
    end

    # The script for one step.
    def compose(library, function, parameters, check, timeout)
      head = if check
               "DVO_CHECK=1\n"
             elsif ENV['DVO_LOCKED']
               "DVO_LOCKED=1\n"
             else
               ''
             end
      head += "DVO_TIMEOUT=#{Integer(timeout)}\n" if timeout
      call = ["dvo_op 1 dvo_#{function}".b, *words(parameters)].join(' ')
      "#{head}#{library}".b + "{\n".b + call + "\ndvo_end\n}\n".b
    end

    # The answer, or nil without evidence.
    def parse(output)
      answer = nil
      ended = false
      output.b.each_line(chomp: true) do |line|
        word, id, state, errno, reason, *fields = line.split(' ')
        if line == 'dvo end'
          ended = true
        elsif word == 'dvo' && id == '1' && reason
          fields = fields.to_h { |field| field.split('=', 2) }
          answer = Answer.new(state, errno, reason == '-' ? '' : decode(reason), fields.transform_values { |v| decode(v) })
        end
      end
      answer if answer && (ended || answer.state == 'failed')
    end

    private

    # The parameters as words of a shell script, in single quotes.
    def words(parameters)
      parameters.transform_keys(&:to_s).sort.flat_map do |key, value|
        values = case value
                 when Hash then value.compact.map { |name, one| "#{name}=#{one}" }.sort
                 when Array then value
                 when nil then []
                 else [value]
                 end
        values.map { |one| word(key, one.to_s.b) }
      end
    end

    def word(key, value)
      raise Failed.new('EINVAL', "#{key} has a NUL byte in it") if value.include?("\0")
      "'--#{key}=".b + value.gsub("'", "'\\\\''") + "'".b
    end

    # Undoes the percent-encoding of the step library.
    def decode(value)
      text(value.gsub(/%(\h\h)/) { Regexp.last_match(1).hex.chr })
    end

    def text(bytes)
      bytes.dup.force_encoding(Encoding::UTF_8).scrub('?')
    end
  end
end
