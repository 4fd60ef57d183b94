#
# Cookbook:: input
# Recipe:: segment-2
#

# input.dvo:4 hosts.shop.file("/srv/#{1}/a b'\"c\\")
dvo_step 'Write /srv/#' + '{1}/a b\'"c\\' do
  function 'file'
  parameters(
    path: '/srv/#' + '{1}/a b\'"c\\',
    content: '#' + '{system(\'id\')} \'a\' "b" \\ \\\' #$0 #@x
=begin
__END__
	tab ' + "\n\u{2028}\u{202e}\u{7}" + 'é' + "\r\n" + 'last',
    owner: 'root',
    group: 'root',
    mode: '0644'
  )
end

# input.dvo:5 x # ?ubocop:disable all # -*- coding: latin-1 -*-
dvo_step 'Write /srv/plain' do
  function 'file'
  parameters(path: '/srv/plain', content: 'no', owner: 'root', group: 'root', mode: '0644')
end

# input.dvo:6 hosts.shop.directory("/srv/# frozen_string_literal: true")
dvo_step 'Keep directory /srv/# frozen_string_literal: true' do
  function 'directory'
  parameters(path: '/srv/# frozen_string_literal: true', recursive: false, present: true)
end

# input.dvo:7 hosts.shop.line(/srv/list,"'; system('id'); '")
dvo_step 'Set a line of /srv/list' do
  function 'line'
  parameters(path: '/srv/list', line: '\'; system(\'id\'); \'', present: true)
end

# input.dvo:8 hosts.shop.query(printf,__s_n_,__{system(_id_)}__a____b____________..nok7dguz4rex3ecqwulvhykdnx)
dvo_step 'Ask printf, %s , #' + '{system(\'id\')} \'a\' "b" \\ \\\' #$0 #@x =begin __END__  tab  ???é? last, , a)b, :x, nil, true, 1e3' do
  function 'query'
  parameters(
    argv: [
      'printf',
      '%s' + "\n",
      '#' + '{system(\'id\')} \'a\' "b" \\ \\\' #$0 #@x
=begin
__END__
	tab ' + "\n\u{2028}\u{202e}\u{7}" + 'é' + "\r\n" + 'last',
      '',
      'a)b',
      ':x',
      'nil',
      'true',
      '1e3',
    ],
    cwd: '/',
    env: {},
    login: 'root',
    success: [0]
  )
  register 'query_printf_s_n_system_id_a_b_nok7dguz4rex3ecqw'
end

# input.dvo:9 hosts.shop.run(sh,-c,_echo__{x}__:_,_{hosts.shop.query(printf,__s..usyilzloiq2fg2jm3r7vcszpwc)
dvo_step 'Run sh, -c, echo #' + '{x}; :, {hosts.shop.query(printf,__s_n_,__{system(_id_)}__a____b____________..nok7dguz4rex3ecqwulvhykdnx).stdout}#' + '{y}? ' do
  function 'run'
  parameters lazy {
    {
      argv: [
        'sh',
        '-c',
        'echo #' + '{x}; :',
        Dvo.result('query_printf_s_n_system_id_a_b_nok7dguz4rex3ecqw', 'stdout') + '#' + '{y}' + "\r\n",
      ],
      stopped: [],
      cwd: '/',
      env: { 'A' => '#' + '{b}' },
      login: 'root',
      stdin: '#' + '{system(\'id\')} \'a\' "b" \\ \\\' #$0 #@x
=begin
__END__
	tab ' + "\n\u{2028}\u{202e}\u{7}" + 'é' + "\r\n" + 'last',
      success: [0],
    }
  }
  only_if { Dvo.result('query_printf_s_n_system_id_a_b_nok7dguz4rex3ecqw', 'stdout') == '\' or \'a\'==\'a' }
end

# input.dvo:11 hosts.shop.cron(job)
dvo_step 'Schedule job' do
  function 'cron'
  parameters(
    job: 'job',
    schedule: '@daily',
    login: 'root',
    env: {},
    argv: ['echo', '#' + '{x}', '100%', 'it\'s']
  )
end

# input.dvo:12 hosts.shop.user(ana)
dvo_step 'Keep user ana' do
  function 'user'
  parameters(
    login: 'ana',
    groups: [],
    system: false,
    comment: 'Ana #' + '{x} \'L\' "M" \\',
    present: true
  )
end
