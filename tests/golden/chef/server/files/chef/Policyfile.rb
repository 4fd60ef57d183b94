name 'farm_7_input'
run_list 'farm_7_input::default'
named_run_list :hosts_shop, ['farm_7_input::segment-2']
cookbook 'farm_7_input', path: 'cookbooks/farm_7_input'
cookbook 'dvo', path: 'cookbooks/dvo'
