#
# Cookbook:: input
# Recipe:: segment-3
#

# input.dvo:5 hosts.shop.query(shopctl,mode)
dvo_step 'Ask shopctl, mode' do
  function 'query'
  parameters(argv: %w(shopctl mode), cwd: '/', env: {}, login: 'root', success: [0])
  register 'query_shopctl_mode'
end

# input.dvo:6 hosts.shop.file(/etc/a)
dvo_step 'Write /etc/a' do
  function 'file'
  parameters lazy {
    {
      path: '/etc/a',
      content: 'x ' + Dvo.result('query_shopctl_mode', 'stdout') + "\r\n",
      owner: 'root',
      group: 'root',
      mode: '0644',
    }
  }
  register 'file_etc_a'
end

# input.dvo:7 hosts.shop.file(/etc/b)
dvo_step 'Write /etc/b' do
  function 'file'
  parameters lazy {
    {
      path: '/etc/b',
      content: 'status ' + Dvo.result('query_shopctl_mode', 'status'),
      owner: 'root',
      group: 'root',
      mode: '0644',
    }
  }
  only_if { Dvo.changed?('file_etc_a') }
end

# input.dvo:8 hosts.shop.line(/etc/c,line)
dvo_step 'Set a line of /etc/c' do
  function 'line'
  parameters(path: '/etc/c', line: 'line', present: true)
  register 'line_etc_c_line'
  ignore_failure true
end

# input.dvo:9 hosts.shop.query(maybe)
dvo_step 'Ask maybe' do
  function 'query'
  parameters(argv: ['maybe'], cwd: '/', env: {}, login: 'root', success: [0])
  register 'query_maybe'
  not_if { Dvo.failed?('line_etc_c_line') }
  only_if { Dvo.changed?('line_etc_c_line') }
end

# input.dvo:10 hosts.shop.file(/etc/d)
dvo_step 'Write /etc/d' do
  function 'file'
  parameters lazy {
    {
      path: '/etc/d',
      content: Dvo.result('query_maybe', 'stdout'),
      owner: 'root',
      group: 'root',
      mode: '0644',
    }
  }
  only_if { Dvo.result?('query_maybe') }
end

# input.dvo:11 hosts.shop.file(/etc/e)
dvo_step 'Write /etc/e' do
  function 'file'
  parameters lazy {
    { path: '/etc/e', content: Dvo.value('hosts_db_ip'), owner: 'root', group: 'root', mode: '0644' }
  }
  timeout 90
  only_if { Dvo.result('query_shopctl_mode', 'status').to_i == 0 }
end

# input.dvo:12 hosts.shop.file(/etc/f)
dvo_step 'Write /etc/f' do
  function 'file'
  parameters(path: '/etc/f', content: 'x', owner: 'root', group: 'root', mode: '0644')
  only_if { Dvo.result('query_shopctl_mode', 'stdout') == 'other' }
  not_if { Dvo.changed?('file_etc_a') }
end

# input.dvo:13 hosts.shop.group(ops)
group 'ops' do
  gid 2000
  append true
  action :create
  Dvo.register(self, 'group_ops')
end

# input.dvo:14 hosts.shop.group(risky)
group 'risky' do
  append true
  action :create
  Dvo.register(self, 'group_risky')
  ignore_failure true
end

# input.dvo:15 hosts.shop.file(/etc/g)
dvo_step 'Write /etc/g' do
  function 'file'
  parameters(path: '/etc/g', content: 'x', owner: 'root', group: 'root', mode: '0644')
  only_if { Dvo.changed?('group_ops') }
end

# input.dvo:16 hosts.shop.file(/etc/h)
dvo_step 'Write /etc/h' do
  function 'file'
  parameters(path: '/etc/h', content: 'x', owner: 'root', group: 'root', mode: '0644')
  not_if { Dvo.failed?('group_risky') }
  not_if { Dvo.changed?('group_risky') }
end

# input.dvo:17 hosts.shop.run(once)
dvo_step 'Run once' do
  function 'run'
  parameters(
    argv: ['once'],
    creates: '/srv/once',
    stopped: [],
    cwd: '/',
    env: {},
    login: 'root',
    success: [0]
  )
  register 'run_once'
  ignore_failure true
end

# input.dvo:18 hosts.shop.service(nginx.service)
dvo_step 'Keep nginx.service as wanted' do
  function 'service'
  parameters lazy {
    {
      unit: 'nginx.service',
      running: true,
      restart: Dvo.changed?('file_etc_a') || Dvo.changed?('line_etc_c_line'),
      reload: Dvo.changed?('group_ops'),
    }
  }
  not_if { Dvo.failed?('line_etc_c_line') }
end
