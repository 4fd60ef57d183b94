provides :dvo_cron
unified_mode true
use 'step'

description 'A job in /etc/cron.d.'

property :job, String, name_property: true, description: 'Its name, which names its file.'
property :schedule, String, description: 'Five fields, or @daily and the like.'
property :login, String, default: 'root', description: 'Who runs it.'
property :env, Hash, description: 'Variables of its environment.'
property :command, String, description: 'A crontab line\'s command, or a list quoted for one.'
property :argv, Array, description: 'The step\'s parameter argv.'
property :present, [true, false], default: true, description: 'False: it is not there.'

action :run, description: 'Check the machine and change what differs.' do
  step(
    'cron',
    job: new_resource.job,
    schedule: new_resource.schedule,
    login: new_resource.login,
    env: new_resource.env,
    command: new_resource.command,
    argv: new_resource.argv,
    present: new_resource.present
  )
end
