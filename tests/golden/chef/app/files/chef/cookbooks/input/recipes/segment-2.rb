#
# Cookbook:: input
# Recipe:: segment-2
#

# input.dvo:4 machine.deploy(my-app)
directory '/var/cache/dvo' do
  owner 'root'
  group 'root'
  mode '0755'
end

# input.dvo:4 machine.deploy(my-app)
cookbook_file '/var/cache/dvo/my-app_1.1_all.deb' do
  source 'my-app_1.1_all.deb'
  owner 'root'
  group 'root'
  mode '0644'
  backup false
end

# input.dvo:4 machine.deploy(my-app)
dvo_deploy 'my-app' do
  version '1.1'
  deb '/var/cache/dvo/my-app_1.1_all.deb'
  service 'my-app.service'
end
