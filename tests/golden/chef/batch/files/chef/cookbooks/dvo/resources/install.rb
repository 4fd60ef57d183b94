provides :dvo_install
unified_mode true
use 'step'

description 'Packages are installed, in the version given if one is given.'

property :packages, Array, name_property: true, coerce: proc { |one| Array(one) }, description: 'Name, "name=version", a list, or packages.find results.'
property :deb, Array, description: 'The step\'s parameter deb.'
property :upgrade, [true, false], default: false, description: 'Bring them to the newest version.'
property :members, Array, description: 'The step\'s parameter members.'

action :run, description: 'Check the machine and change what differs.' do
  step(
    'install',
    packages: new_resource.packages,
    deb: new_resource.deb,
    upgrade: new_resource.upgrade,
    members: new_resource.members
  )
end
