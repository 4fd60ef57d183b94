provides :dvo_run
unified_mode true
use 'step'

description 'A command, byte for byte, never a shell line.'

property :argv, Array, description: 'Program and its arguments.'
property :unless_command, Array, description: 'Nothing to do where this succeeds.'
property :stopped, Array, description: 'Units stopped around it.'
property :cwd, String, default: '/', description: 'Working directory.'
property :env, Hash, description: 'Added environment.'
property :login, String, default: 'root', description: 'Who runs it.'
property :success, Array, default: [0], description: 'Exit statuses that mean success.'
property :creates, String, description: 'Nothing to do where this exists.'

action :run, description: 'Check the machine and change what differs.' do
  step(
    'run',
    argv: new_resource.argv,
    unless: new_resource.unless_command,
    stopped: new_resource.stopped,
    cwd: new_resource.cwd,
    env: new_resource.env,
    login: new_resource.login,
    success: new_resource.success,
    creates: new_resource.creates
  )
end
