#
# Cookbook:: input
# Recipe:: segment-3
#

# input.dvo:5 hosts.shop.query(shopctl,version)
dvo_step 'Ask shopctl, version' do
  function 'query'
  parameters(argv: %w(shopctl version), cwd: '/', env: {}, login: 'root', success: [0])
  register 'query_shopctl_version'
end

# input.dvo:6 hosts.shop.file(/etc/version)
dvo_step 'Write /etc/version' do
  function 'file'
  parameters lazy {
    {
      path: '/etc/version',
      content: 'v' + Dvo.result('query_shopctl_version', 'stdout') + "\n",
      owner: 'root',
      group: 'root',
      mode: '0644',
    }
  }
end

# input.dvo:7 hosts.shop.run(shopctl,upgrade,"{hosts.shop.query(shopctl,version).stdout}")
dvo_step 'Run shopctl, upgrade, {hosts.shop.query(shopctl,version).stdout}' do
  function 'run'
  parameters lazy {
    {
      argv: ['shopctl', 'upgrade', Dvo.result('query_shopctl_version', 'stdout')],
      unless: %w(shopctl current),
      stopped: [],
      cwd: '/',
      env: { 'V' => Dvo.result('query_shopctl_version', 'stdout') },
      login: 'root',
      success: [0],
    }
  }
end

# input.dvo:8 hosts.shop.wait(1)
dvo_step 'Wait on hosts.shop' do
  function 'wait'
  parameters(port: 8080, within: 30)
end
