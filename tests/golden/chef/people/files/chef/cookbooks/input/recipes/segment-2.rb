#
# Cookbook:: input
# Recipe:: segment-2
#

# input.dvo:4 hosts.shop.group(deploy)
group 'deploy' do
  gid 2000
  append true
  action :create
end

# input.dvo:5 hosts.shop.user(ana)
dvo_step 'Keep user ana' do
  function 'user'
  parameters lazy {
    {
      login: 'ana',
      uid: 2001,
      groups: %w(deploy sudo),
      shell: '/bin/bash',
      system: false,
      password: Dvo.secret('ana/hash'),
      comment: 'Ana Lima',
      present: true,
    }
  }
  sensitive true
end

# input.dvo:7 hosts.shop.user(worker)
dvo_step 'Keep user worker' do
  function 'user'
  parameters(login: 'worker', groups: [], system: true, present: true)
end

# input.dvo:8 hosts.shop.authorized_key(ana,"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA== ana@laptop")
dvo_step 'Let a key log in as ana' do
  function 'authorized_key'
  parameters(login: 'ana', key: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA== ana@laptop', present: true)
end

# input.dvo:9 hosts.shop.authorized_key(ana,"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB== ana@old")
dvo_step 'Take a key from ana' do
  function 'authorized_key'
  parameters(login: 'ana', key: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB== ana@old', present: false)
end

# input.dvo:10 hosts.shop.user(bob)
dvo_step 'Remove user bob' do
  function 'user'
  parameters(login: 'bob', groups: [], system: false, present: false)
end

# input.dvo:11 hosts.shop.group(staff-old)
group 'staff-old' do
  action :remove
end
