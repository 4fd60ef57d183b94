provides :dvo_sysctl
unified_mode true
use 'step'

description 'A kernel parameter, now and at boot. Absence takes its file away, the value stays.'

property :key, String, name_property: true, description: 'Its key, e.g. net.ipv4.ip_forward.'
property :value, [String, Integer], description: 'Its value, a number or a text.'
property :present, [true, false], default: true, description: 'False: it is not there.'

action :run, description: 'Check the machine and change what differs.' do
  step('sysctl', key: new_resource.key, value: new_resource.value, present: new_resource.present)
end
