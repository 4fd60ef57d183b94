provides :dvo_user
unified_mode true
use 'step'

description 'An account of the machine. None leaves an existing account as it is.'

property :login, String, name_property: true, description: 'Its name.'
property :uid, Integer, description: 'Its number.'
property :groups, Array, description: 'Groups it is in, at least.'
property :shell, String, description: 'Its login shell, kept as written.'
property :system, [true, false], default: false, description: 'A system account when new.'
property :password, String, description: 'Secret hash, as in shadow.'
property :comment, String, description: 'Full name.'
property :present, [true, false], default: true, description: 'False: it is not there; its home stays.'

action :run, description: 'Check the machine and change what differs.' do
  step(
    'user',
    login: new_resource.login,
    uid: new_resource.uid,
    groups: new_resource.groups,
    shell: new_resource.shell,
    system: new_resource.system,
    password: new_resource.password,
    comment: new_resource.comment,
    present: new_resource.present
  )
end
