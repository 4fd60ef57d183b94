provides :dvo_file
unified_mode true
use 'step'

description 'A regular file with this content, owner, group and mode.'

property :path, String, name_property: true, description: 'Where it is.'
property :content, String, description: 'Its content.'
property :owner, String, default: 'root', description: 'Owner.'
property :group, String, default: 'root', description: 'Group.'
property :mode, String, default: '0644', description: 'Permissions.'
property :validate_command, Array, description: 'Command that must accept it; %s is the new file.'
property :present, [true, false], default: true, description: 'False: it is not there.'

action :run, description: 'Check the machine and change what differs.' do
  step(
    'file',
    path: new_resource.path,
    content: new_resource.content,
    owner: new_resource.owner,
    group: new_resource.group,
    mode: new_resource.mode,
    validate: new_resource.validate_command,
    present: new_resource.present
  )
end
