#
# Cookbook:: input
# Recipe:: segment-2
#

# input.dvo:5 hosts.shop.file(/etc/shop.env)
dvo_file '/etc/shop.env' do
  content lazy { 'TOKEN=' + Dvo.secret('shop/token') + "\n" }
  mode '0600'
  sensitive true
end

# input.dvo:6 hosts.shop.run(shopctl,login)
dvo_run 'Run shopctl, login' do
  argv %w(shopctl login)
  env lazy { { 'TOKEN' => Dvo.secret('shop/token') } }
  stdin lazy { Dvo.secret('shop/token') }
  sensitive true
end

# input.dvo:7 hosts.shop.query(shopctl,whoami)
dvo_query 'Ask shopctl, whoami' do
  argv %w(shopctl whoami)
  env lazy { { 'TOKEN' => Dvo.secret('shop/token') } }
  register 'query_shopctl_whoami'
  sensitive true
end

# input.dvo:8 hosts.shop.file(/etc/whoami)
dvo_file '/etc/whoami' do
  content lazy { Dvo.result('query_shopctl_whoami', 'stdout') }
  sensitive true
end

# input.dvo:9 hosts.shop.service(shop.service)
dvo_service 'shop.service' do
  restart lazy { Dvo.result('query_shopctl_whoami', 'status').to_i == 0 }
end
