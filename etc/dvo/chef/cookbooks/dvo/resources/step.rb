# One step of the step library: it checks the machine and changes only what differs.

provides :dvo_step
unified_mode true

description 'One step of the step library of dvo, which checks the machine and changes only what differs.'

property :title, String, name_property: true, description: 'What a person calls this step.'
property :function, String, required: true, description: 'Name of the step.'
property :parameters, Hash, default: {}, description: 'Its parameters; those that are nil are left alone.'
property :register, String, description: 'Name under which later resources find the result.'
property :timeout, Integer, description: 'Seconds after which a command of the step is ended.'

action :run, description: 'Check the machine and change what differs.' do
  answer = DvoStep.run(library, new_resource.function, new_resource.parameters,
    check: Chef::Config[:why_run], timeout: new_resource.timeout)
  failed = answer.state == 'failed'
  changed = %w(changed unknown).include?(answer.state)
  Dvo.note(new_resource, changed: changed, failed: failed, fields: answer.fields, reason: answer.reason)
  raise DvoStep::Failed.new(answer.errno, words(answer)) if failed
  # In why-run mode nothing has happened yet, otherwise it has just now.
  converge_by(words(answer)) {} if changed
end

action_class do
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
