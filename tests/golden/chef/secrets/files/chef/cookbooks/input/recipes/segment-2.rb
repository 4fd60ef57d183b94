#
# Cookbook:: input
# Recipe:: segment-2
#

# input.dvo:5 hosts.shop.file(/etc/shop.env)
dvo_step 'Write /etc/shop.env' do
  function 'file'
  parameters lazy {
    {
      path: '/etc/shop.env',
      content: 'TOKEN=' + Dvo.secret('shop/token') + "\n",
      owner: 'root',
      group: 'root',
      mode: '0600',
    }
  }
  sensitive true
end

# input.dvo:6 hosts.shop.run(shopctl,login)
dvo_step 'Run shopctl, login' do
  function 'run'
  parameters lazy {
    {
      argv: %w(shopctl login),
      stopped: [],
      cwd: '/',
      env: { 'TOKEN' => Dvo.secret('shop/token') },
      login: 'root',
      stdin: Dvo.secret('shop/token'),
      success: [0],
    }
  }
  sensitive true
end

# input.dvo:7 hosts.shop.query(shopctl,whoami)
dvo_step 'Ask shopctl, whoami' do
  function 'query'
  parameters lazy {
    {
      argv: %w(shopctl whoami),
      cwd: '/',
      env: { 'TOKEN' => Dvo.secret('shop/token') },
      login: 'root',
      success: [0],
    }
  }
  register 'query_shopctl_whoami'
  sensitive true
end

# input.dvo:8 hosts.shop.file(/etc/whoami)
dvo_step 'Write /etc/whoami' do
  function 'file'
  parameters lazy {
    {
      path: '/etc/whoami',
      content: Dvo.result('query_shopctl_whoami', 'stdout'),
      owner: 'root',
      group: 'root',
      mode: '0644',
    }
  }
  sensitive true
end

# input.dvo:9 hosts.shop.service(shop.service)
dvo_step 'Keep shop.service as wanted' do
  function 'service'
  parameters lazy {
    {
      unit: 'shop.service',
      running: true,
      restart: Dvo.result('query_shopctl_whoami', 'status').to_i == 0,
    }
  }
end
