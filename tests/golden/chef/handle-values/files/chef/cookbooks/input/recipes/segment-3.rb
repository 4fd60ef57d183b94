#
# Cookbook:: input
# Recipe:: segment-3
#

# input.dvo:5 hosts.shop.query(shopctl,version)
dvo_query 'Ask shopctl, version' do
  argv %w(shopctl version)
  register 'query_shopctl_version'
end

# input.dvo:6 hosts.shop.file(/etc/version)
dvo_file '/etc/version' do
  content lazy { 'v' + Dvo.result('query_shopctl_version', 'stdout') + "\n" }
end

# input.dvo:7 hosts.shop.run(shopctl,upgrade,"{hosts.shop.query(shopctl,version).stdout}")
dvo_run 'Run shopctl, upgrade, {hosts.shop.query(shopctl,version).stdout}' do
  argv lazy { ['shopctl', 'upgrade', Dvo.result('query_shopctl_version', 'stdout')] }
  unless_command %w(shopctl current)
  env lazy { { 'V' => Dvo.result('query_shopctl_version', 'stdout') } }
end

# input.dvo:8 hosts.shop.wait(1)
dvo_wait 'Wait on hosts.shop' do
  port 8080
  within 30
end
