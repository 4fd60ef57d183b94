#
# Cookbook:: input
# Recipe:: segment-4
#

# input.dvo:9 hosts.db.query(cat,/etc/key.pub)
dvo_step 'Ask cat, /etc/key.pub' do
  function 'query'
  parameters(argv: %w(cat /etc/key.pub), cwd: '/', env: {}, login: 'root', success: [0])
end

# input.dvo:10 hosts.db.run(init)
dvo_step 'Run init' do
  function 'run'
  parameters(
    argv: ['init'],
    creates: '/srv/init',
    stopped: ['postgresql.service'],
    cwd: '/srv',
    env: {},
    login: 'postgres',
    success: [0]
  )
end
