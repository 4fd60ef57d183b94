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
dvo_user 'ana' do
  uid 2001
  groups %w(deploy sudo)
  shell '/bin/bash'
  password lazy { Dvo.secret('ana/hash') }
  comment 'Ana Lima'
  sensitive true
end

# input.dvo:7 hosts.shop.user(worker)
dvo_user 'worker' do
  system true
end

# input.dvo:8 hosts.shop.authorized_key(ana,"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA== ana@laptop")
dvo_authorized_key 'ana' do
  key 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA== ana@laptop'
end

# input.dvo:9 hosts.shop.authorized_key(ana,"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB== ana@old")
dvo_authorized_key 'ana' do
  key 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB== ana@old'
  present false
end

# input.dvo:10 hosts.shop.user(bob)
dvo_user 'bob' do
  present false
end

# input.dvo:11 hosts.shop.group(staff-old)
group 'staff-old' do
  action :remove
end
