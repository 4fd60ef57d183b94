# Tests of etc/dvo/chef/cookbooks/dvo/libraries with stand-ins for the few classes of Chef
# that they know. Each test runs in a process of its own: the libraries keep what a run is
# told. A real chef-client is run by the end-to-end tests.

require 'json'
require 'tempfile'

LIBRARIES = File.expand_path('../../etc/dvo/chef/cookbooks/dvo/libraries', __dir__)

class Chef
  module EventDispatch
    class Base; end
  end

  class << self
    attr_accessor :handler, :attributes

    def run_context = self
    def node = self
    def read(name) = attributes&.dig(name)
    def events = self
    def register(handler) = self.handler = handler
  end
end

# What a recipe declares.
Resource = Struct.new(:source_line, :register, :sensitive, :ignore_failure, :done) do
  def action(name) = self.done = name
end

class Collection < Array
  alias resource_collection itself
end

def step(line, register: nil, sensitive: false)
  Resource.new("/c/app/recipes/segment-1.rb:#{line}:in `from_file'", register, sensitive)
    .extend(DvoStep::Resource)
end

def load_libraries
  %w(dvo dvo_step dvo_events).each { |name| require File.join(LIBRARIES, name) }
end

def equal(found, wanted)
  raise "#{found.inspect}, not #{wanted.inspect}" unless found == wanted
end

def raises(kind)
  yield
rescue kind => e
  e
else
  raise "no #{kind}"
end

def with_values(values)
  file = Tempfile.new
  file.write(JSON.generate(values))
  file.close
  ENV['DVO_VALUES'] = file.path
  load_libraries
  file
end

# A step library whose one step answers with its arguments, one by one in brackets.
ECHO = <<'SH'.freeze
dvo_op() {
    shift 2
    printf 'dvo 1 changed - because%%20of%%25 said='
    for word; do printf '[%s]' "$word"; done | od -An -v -tx1 | tr -d '\n' | tr ' a-f' '%A-F'
    echo
}
dvo_end() { echo 'dvo end'; }
SH

TESTS = {
  'parameters reach the step byte for byte' => lambda do
    load_libraries
    text = "it's \"$HOME\" `id` \\ %s\r\n\té\n"
    answer = DvoStep.run(ECHO, 'x', { 'b' => [text, '', 1], a: { 'N' => text, 'M' => nil }, c: true, d: nil })
    equal(answer.to_a, ['changed', '-', 'because of%', { 'said' => "[--a=N=#{text}][--b=#{text}][--b=][--b=1][--c=true]" }])
  end,
  'a NUL byte is refused' => lambda do
    load_libraries
    equal(raises(DvoStep::Failed) { DvoStep.run(ECHO, 'x', { a: "\0" }) }.errno, 'EINVAL')
  end,
  'the head of a script' => lambda do
    load_libraries
    equal(DvoStep.compose("L\n", 'x', {}, true, 9), "DVO_CHECK=1\nDVO_TIMEOUT=9\nL\n{\ndvo_op 1 dvo_x\ndvo_end\n}\n")
    ENV['DVO_LOCKED'] = '1'
    equal(DvoStep.compose('', 'x', {}, false, nil)[/.*/], 'DVO_LOCKED=1')
  end,
  'a step without evidence has failed' => lambda do
    load_libraries
    ["dvo 1 same - -\n", "dvo 2 same - -\ndvo end\n", "dvo 1 same\ndvo end\n", ''].each do |output|
      equal(DvoStep.parse(output), nil)
    end
    equal(DvoStep.parse("dvo 1 failed EBUSY held\n").errno, 'EBUSY')
    equal(DvoStep.parse("dvo 1 same - -\ndvo end\n").to_a, ['same', '-', '', {}])
    answer = DvoStep.run("echo why >&2; exit 3\n", 'x', {})
    equal([answer.state, answer.errno, answer.reason[/why/]], %w(failed EUNKNOWN why))
  end,
  'bytes that are no UTF-8 are replaced' => lambda do
    load_libraries
    equal(DvoStep.parse("dvo 1 same - %FF%C3%A9 k=%FF\ndvo end\n").reason, '?é')
  end,
  'values, secrets and earlier results' => lambda do
    with_values('ip' => '192.0.2.1', 'n' => nil,
                'dvo' => { 'secrets' => { 'a/b' => 's' }, 'changed_before' => ['old'],
                           'results' => { 'q' => { 'changed' => true, 'fields' => { 'stdout' => 'o' } } } })
    equal([Dvo.value('ip'), Dvo.value('n'), Dvo.secret('a/b')], ['192.0.2.1', nil, 's'])
    equal([Dvo.value?('n'), Dvo.value?('dvo.x')], [true, false])
    equal([Dvo.result('q', 'stdout'), Dvo.result?('q', 'stderr'), Dvo.result?('q')], ['o', false, true])
    equal([Dvo.changed?('old'), Dvo.changed?('q'), Dvo.changed?('x', 'q'), Dvo.changed?('x')], [true, true, true, false])
    [-> { Dvo.value('x') }, -> { Dvo.secret('x') }, -> { Dvo.result('q', 'x') }].each { |ask| raises(Dvo::Missing, &ask) }
    equal([nil, true, false, 1, 'x'].map { |value| Dvo.text(value) }, %w(None True False 1 x))
  end,
  'what the node file says of the machine is used where the values file is silent' => lambda do
    Chef.attributes = { 'dvo' => { 'port' => 8001, 'ip' => 'of the node' } }
    with_values('ip' => '192.0.2.1')
    equal([Dvo.value('port'), Dvo.value('ip'), Dvo.value?('port')], [8001, '192.0.2.1', true])
    raises(Dvo::Missing) { Dvo.value('x') }
  end,
  'without a values file nothing is known' => lambda do
    ENV.delete('DVO_VALUES')
    load_libraries
    raises(Dvo::Missing) { Dvo.value('ip') }
    equal([Dvo.changed?('x'), Dvo.failed?('x'), Dvo.part?('segment-1.rb', 1)], [false, false, true])
  end,
  'results of this run' => lambda do
    load_libraries
    native = Resource.new('/c/app/recipes/segment-1.rb:3', nil)
    class << native
      undef_method :register
    end
    Dvo.register(native, 'group')
    Chef.handler.resource_updated(native, :create)
    equal([Dvo.changed?('group'), Dvo.result?('group')], [true, true])
    query = step(5, register: 'query')
    Dvo.note(query, fields: { 'stdout' => 'x' })
    Chef.handler.resource_up_to_date(query, :run)
    equal(Dvo.result('query', 'stdout'), 'x')
    Chef.handler.resource_failed(query, :run, DvoStep::Failed.new('EIO', 'no'))
    equal([Dvo.failed?('query'), Dvo.changed?('query'), Dvo.result?('query')], [true, false, false])
  end,
  'resources that take no part do nothing' => lambda do
    with_values('dvo' => { 'skip' => [4] })
    other = Resource.new('/c/other/recipes/default.rb:4', nil)
    resources = Collection.new([step(3), step(4), other])
    Chef.handler.converge_start(resources)
    equal(resources.map(&:done), [nil, :nothing, nil])
  end,
  'of a run list only the recipe whose turn it is takes part' => lambda do
    with_values('dvo' => { 'only' => 'segment-2.rb', 'skip' => [4] })
    second = [3, 4].map { |line| Resource.new("/c/app/recipes/segment-2.rb:#{line}", nil) }
    other = Resource.new('/c/other/recipes/default.rb:4', nil)
    resources = Collection.new([step(3), *second, other])
    Chef.handler.converge_start(resources)
    equal(resources.map(&:done), [:nothing, nil, :nothing, nil])
  end,
  'each start waits for its answer' => lambda do
    events, to = IO.pipe
    from, answers = IO.pipe
    ENV['DVO_EVENTS'] = "#{to.fileno},#{from.fileno}"
    load_libraries
    secret = step(7, sensitive: true)
    answers.puts
    Chef.handler.resource_action_start(secret, :run, nil, nil)
    Dvo.note(secret, changed: true, fields: { 'stdout' => "é\n" }, reason: 'secret')
    Chef.handler.resource_updated(secret, :run)
    Chef.handler.resource_skipped(step(8), :nothing, nil)
    Chef.handler.resource_skipped(step(9), :run, nil)
    error = DvoStep::Failed.new('EBUSY', "held \xFF")
    error.set_backtrace(['/c/step.rb:20:in `x'])
    Chef.handler.resource_failed(step(10), :run, error)
    answers.close
    raises(DvoEvents::Stopped) { Chef.handler.resource_action_start(step(11), :run) }
    told = Array.new(5) { events.gets }
    equal(told.all?(&:ascii_only?), true)
    place = { 'path' => 'segment-1.rb' }
    equal(told.map { |line| JSON.parse(line) }, [
      place.merge('line' => 7, 'event' => 'start'),
      place.merge('line' => 7, 'event' => 'ok', 'changed' => true, 'result' => { 'stdout' => "é\n" }, 'censored' => true),
      place.merge('line' => 9, 'event' => 'skipped', 'changed' => false, 'msg' => ''),
      place.merge('line' => 10, 'event' => 'failed', 'changed' => false, 'exception' => 'DvoStep::Failed', 'at' => '/c/step.rb:20', 'errno' => 'EBUSY', 'result' => {}, 'msg' => 'held ?'),
      place.merge('line' => 11, 'event' => 'start'),
    ])
    events.close
    raises(DvoEvents::Stopped) { Chef.handler.resource_up_to_date(step(12), :run) }
  end,
}.freeze

failed = TESTS.count do |name, test|
  child = fork do
    test.call
    exit!(0)
  rescue Exception => e
    puts "FAILED cookbook: #{name}", "    #{e.class}: #{e.message}", e.backtrace.first(5).map { |line| "    #{line}" }
    $stdout.flush
    exit!(1)
  end
  !Process.wait2(child).last.success?
end
puts "#{TESTS.size - failed} passed, #{failed} failed"
exit(failed.zero?)
