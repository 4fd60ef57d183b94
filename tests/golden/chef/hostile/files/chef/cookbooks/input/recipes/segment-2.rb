#
# Cookbook:: input
# Recipe:: segment-2
#

# input.dvo:4 hosts.shop.file("/srv/#{1}/a b'\"c\\")
dvo_file '/srv/#' + '{1}/a b\'"c\\' do
  content '#' + '{system(\'id\')} \'a\' "b" \\ \\\' #$0 #@x
=begin
__END__
	tab ' + "\n\u{2028}\u{202e}\u{7}" + 'é' + "\r\n" + 'last'
end

# input.dvo:5 x # ?ubocop:disable all # -*- coding: latin-1 -*-
dvo_file '/srv/plain' do
  content 'no'
end

# input.dvo:6 hosts.shop.directory("/srv/# frozen_string_literal: true")
dvo_directory '/srv/# frozen_string_literal: true'

# input.dvo:7 hosts.shop.line(/srv/list,"'; system('id'); '")
dvo_line '/srv/list' do
  line '\'; system(\'id\'); \''
end

# input.dvo:8 hosts.shop.query(printf,__s_n_,__{system(_id_)}__a____b____________..nok7dguz4rex3ecqwulvhykdnx)
dvo_query 'Ask printf, %s , #' + '{system(\'id\')} \'a\' "b" \\ \\\' #$0 #@x =begin __END__  tab  ???é? last, , a)b, :x, nil, true, 1e3' do
  argv [
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
  ]
  register 'query_printf_s_n_system_id_a_b_nok7dguz4rex3ecqw'
end

# input.dvo:9 hosts.shop.run(sh,-c,_echo__{x}__:_,_{hosts.shop.query(printf,__s..usyilzloiq2fg2jm3r7vcszpwc)
dvo_run 'Run sh, -c, echo #' + '{x}; :, {hosts.shop.query(printf,__s_n_,__{system(_id_)}__a____b____________..nok7dguz4rex3ecqwulvhykdnx).stdout}#' + '{y}? ' do
  argv lazy {
    [
      'sh',
      '-c',
      'echo #' + '{x}; :',
      Dvo.result('query_printf_s_n_system_id_a_b_nok7dguz4rex3ecqw', 'stdout') + '#' + '{y}' + "\r\n",
    ]
  }
  env('A' => '#' + '{b}')
  stdin '#' + '{system(\'id\')} \'a\' "b" \\ \\\' #$0 #@x
=begin
__END__
	tab ' + "\n\u{2028}\u{202e}\u{7}" + 'é' + "\r\n" + 'last'
  only_if { Dvo.result('query_printf_s_n_system_id_a_b_nok7dguz4rex3ecqw', 'stdout') == '\' or \'a\'==\'a' }
end

# input.dvo:11 hosts.shop.cron(job)
dvo_cron 'job' do
  schedule '@daily'
  argv ['echo', '#' + '{x}', '100%', 'it\'s']
end

# input.dvo:12 hosts.shop.user(ana)
dvo_user 'ana' do
  comment 'Ana #' + '{x} \'L\' "M" \\'
end
