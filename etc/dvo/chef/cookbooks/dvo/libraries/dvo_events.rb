# Keeps what each resource came to, and tells it to whoever runs chef-client.
#
# With the environment variable DVO_EVENTS="W,R", two file descriptors, one JSON object per
# line goes to W for the start and the end of every resource that a recipe segment-N.rb
# declares. After a start a line is awaited on R before the resource does anything: when
# nobody answers any more, nothing starts that nobody knows of.

require 'json'

class DvoEvents < Chef::EventDispatch::Base
  # Whoever runs chef-client is gone.
  class Stopped < StandardError; end

  PLACE = %r{/recipes/(segment-\d+\.rb):(\d+)}.freeze

  def initialize
    super
    numbers = ENV.fetch('DVO_EVENTS', '').split(',').map { |number| Integer(number, 10) }
    return if numbers.empty?
    @out, @in = numbers.zip(%w(w r)).map { |number, mode| IO.for_fd(number, mode) }
    [@out, @in].each { |io| io.close_on_exec = true }
    @out.sync = true
  end

  # Resources that take no part do nothing.
  def converge_start(run_context)
    run_context.resource_collection.each do |resource|
      where = place(resource)
      resource.action(:nothing) unless where.nil? || Dvo.part?(*where)
    end
  end

  def resource_action_start(resource, action, *)
    event = started(resource, action)
    return unless event && tell(event.merge(event: 'start'))
    raise Stopped, 'the reader of the events is gone' unless @in.gets
  end

  def resource_skipped(resource, action, _conditional)
    ended(resource, action, 'skipped', changed: false)
  end

  def resource_up_to_date(resource, action)
    Dvo.note(resource) unless step?(resource)
    ended(resource, action, 'ok', changed: false)
  end

  def resource_updated(resource, action)
    Dvo.note(resource, changed: true) unless step?(resource)
    ended(resource, action, 'ok', changed: true)
  end

  def resource_failed(resource, action, exception)
    Dvo.note(resource, failed: true, fields: Dvo.take(resource).fields, reason: exception.message)
    more = { changed: false, exception: exception.class.name, at: exception.backtrace&.first.to_s[/\A[^:]+:\d+/] }
    more[:errno] = exception.errno if exception.is_a?(DvoStep::Failed)
    more[:ignored] = true if resource.ignore_failure
    ended(resource, action, 'failed', **more)
  end

  private

  def step?(resource)
    resource.is_a?(DvoStep::Resource)
  end

  # File and line of the declaration; nil for what no recipe of a program declares.
  def place(resource)
    found = PLACE.match(resource.source_line.to_s)
    found && [found[1], found[2].to_i]
  end

  def started(resource, action)
    path, line = place(resource) unless action == :nothing
    path && { path: path, line: line }
  end

  def ended(resource, action, name, **more)
    outcome = Dvo.take(resource)
    event = started(resource, action)
    return unless event
    event.merge!(event: name, **more)
    event[:result] = outcome.fields unless name == 'skipped'
    if resource.sensitive
      event[:censored] = true
    else
      event[:msg] = outcome.reason.dup.force_encoding(Encoding::UTF_8).scrub('?')
    end
    tell(event)
  end

  # False if nobody listens.
  def tell(event)
    return false unless @out
    @out.write(JSON.generate(event, ascii_only: true) << "\n")
    true
  rescue SystemCallError => e
    raise Stopped, "the reader of the events is gone: #{e.message}"
  end
end

Chef.run_context.events.register(DvoEvents.new)
