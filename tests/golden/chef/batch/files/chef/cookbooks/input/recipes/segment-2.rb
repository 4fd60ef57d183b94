#
# Cookbook:: input
# Recipe:: segment-2
#

# input.dvo:3 m.install(curl,nginx)
# input.dvo:4 m.install(curl,git)
dvo_install 'Install nginx, curl, git' do
  packages %w(nginx curl git)
  members ['nginx curl', 'curl git']
end

# input.dvo:5 m.hold(nginx)
# input.dvo:6 m.hold(git)
dvo_hold 'Hold nginx, git' do
  packages %w(nginx git)
  members %w(nginx git)
  only_if { Dvo.value('m_bootstrap_arch') == 'x86_64' }
end

# input.dvo:7 m.hold(curl)
dvo_hold 'curl' do
  present false
end
