# What the resources of all steps have in common. Each of them is one function of the step
# library: it checks the machine and changes only what differs.

include DvoStep::Resource

property :register, String, desired_state: false, description: 'Name under which later resources find the result.'
property :timeout, Integer, desired_state: false, description: 'Seconds after which a command of the step is ended.'

action_class do
  # Carries the step out, or in why-run mode only looks. Parameters that are nil are left alone.
  def step(function, parameters = {})
    line = new_resource.source_line.to_s[/:(\d+)(?::|\z)/, 1]
    answer = DvoStep.run(library, function, Dvo.taking_part(line, parameters),
      check: Chef::Config[:why_run], timeout: new_resource.timeout)
    failed = answer.state == 'failed'
    changed = %w(changed unknown).include?(answer.state)
    Dvo.note(new_resource, changed: changed, failed: failed, fields: answer.fields, reason: answer.reason)
    raise DvoStep::Failed.new(answer.errno, words(answer)) if failed
    # In why-run mode nothing has happened yet, otherwise it has just now.
    converge_by(words(answer)) {} if changed
  end

  def library
    cookbook = run_context.cookbook_collection['dvo']
    ::File.binread(cookbook.preferred_filename_on_disk_location(node, :files, 'steps.sh'))
  end

  # The step's own words, unless a secret may be in them.
  def words(answer)
    return answer.reason unless new_resource.sensitive
    "#{answer.errno == '-' ? answer.state : answer.errno} (its words are suppressed: they may hold a secret)"
  end
end
