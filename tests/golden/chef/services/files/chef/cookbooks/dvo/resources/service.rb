provides :dvo_service
unified_mode true
use 'step'

description 'A service of the machine in the wanted state. Triggers act at this call\'s place, once.'

property :unit, String, name_property: true, description: 'Unit name, e.g. nginx.'
property :running, [true, false], default: true, description: 'It runs now.'
property :restart, [true, false], description: 'The step\'s parameter restart.'
property :reload, [true, false], description: 'The step\'s parameter reload.'
property :enabled, [true, false], description: 'It starts at boot; None: as running.'

action :run, description: 'Check the machine and change what differs.' do
  step(
    'service',
    unit: new_resource.unit,
    running: new_resource.running,
    restart: new_resource.restart,
    reload: new_resource.reload,
    enabled: new_resource.enabled
  )
end
