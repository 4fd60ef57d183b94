provides :dvo_deploy
unified_mode true
use 'step'

description 'An application of packages.find is installed in its pinned version and its service runs.'

property :package, String, name_property: true, description: 'The step\'s parameter package.'
property :version, String, description: 'The step\'s parameter version.'
property :deb, String, description: 'The step\'s parameter deb.'
property :service, String, description: 'Its unit, if it has several.'
property :env, Hash, description: 'Environment of the service.'
property :restart, [true, false], default: true, description: 'Restart on change.'

action :run, description: 'Check the machine and change what differs.' do
  step(
    'deploy',
    package: new_resource.package,
    version: new_resource.version,
    deb: new_resource.deb,
    service: new_resource.service,
    env: new_resource.env,
    restart: new_resource.restart
  )
end
