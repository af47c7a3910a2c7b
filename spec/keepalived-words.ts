// The keywords of keepalived.conf by the block they stand in, and those of them that are hactl's alone.

const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/).filter(Boolean))

/** Where lines of the spec go in keepalived.conf. */
export const PLACES = ['globals', 'blocks', 'group', 'vip', 'lvs', 'server'] as const
export type Place = (typeof PLACES)[number]

/** From keepalived.conf(5) of 2.2.7 and its SYNOPSIS, with the older words that it still takes. */
export const KNOWN: Readonly<Record<Place, ReadonlySet<string>>> = {
  globals:
    words(`bfd_cpu_affinity bfd_no_swap bfd_priority bfd_rlimit_rttime bfd_rt_priority checker_cpu_affinity
    checker_log_all_failures checker_no_swap checker_priority checker_rlimit_rttime checker_rt_priority config_save_dir
    child_wait_time dbus_service_name default_interface disable_local_igmp dynamic_interfaces enable_dbus
    enable_script_security enable_snmp_checker enable_snmp_keepalived enable_snmp_rfc enable_snmp_rfcv2 enable_snmp_rfcv3
    enable_snmp_vrrp enable_traps fifo_write_vrrp_states_on_reload linkbeat_use_polling log_unknown_vrids lvs_flush
    lvs_netlink_cmd_rcv_bufs lvs_netlink_cmd_rcv_bufs_force lvs_netlink_monitor_rcv_bufs lvs_netlink_monitor_rcv_bufs_force
    lvs_notify_fifo lvs_notify_fifo_script lvs_sync_daemon lvs_timeouts max_auto_priority min_auto_priority_delay nftables
    nftables_counters nftables_ifindex nftables_ipvs nftables_ipvs_priority nftables_ipvs_start_fwmark nftables_priority
    no_checker_emails no_email_faults notify_fifo notify_fifo_script process_monitor_rcv_bufs process_monitor_rcv_bufs_force
    random_seed rs_init_notifies script_user shutdown_script shutdown_script_timeout snmp_socket startup_script
    startup_script_timeout tmp_config_directory umask vmac_addr_prefix vmac_prefix vrrp_check_unicast_src vrrp_cpu_affinity
    vrrp_down_timer_adverts vrrp_garp_extra_if vrrp_garp_interval vrrp_garp_lower_prio_delay vrrp_garp_lower_prio_repeat
    vrrp_garp_master_delay vrrp_garp_master_refresh vrrp_garp_master_refresh_repeat vrrp_garp_master_repeat
    vrrp_gna_interval vrrp_higher_prio_send_advert vrrp_ipsets vrrp_iptables vrrp_lower_prio_no_advert vrrp_mcast_group4
    vrrp_mcast_group6 vrrp_min_garp vrrp_netlink_cmd_rcv_bufs vrrp_netlink_cmd_rcv_bufs_force vrrp_netlink_monitor_rcv_bufs
    vrrp_netlink_monitor_rcv_bufs_force vrrp_no_swap vrrp_notify_fifo vrrp_notify_fifo_script vrrp_notify_priority_changes
    vrrp_owner_ignore_adverts vrrp_priority vrrp_rlimit_rttime vrrp_rt_priority vrrp_rx_bufs_multiplier vrrp_rx_bufs_policy
    vrrp_skip_check_adv_addr vrrp_startup_delay`),
  blocks:
    words(`bfd_instance garp_group interface_up_down_delays linkbeat_interfaces SSL static_ipaddress static_routes
    static_rules track_file track_group virtual_server virtual_server_group vrrp_script vrrp_track_file vrrp_track_process`),
  group:
    words(`global_tracking notify notify_backup notify_deleted notify_fault notify_master notify_priority_changes
    notify_stop sync_group_tracking_weight track_bfd track_file track_interface track_process track_script`),
  vip: words(`accept check_unicast_src debug dont_track_primary down_timer_adverts garp_extra_if garp_lower_prio_delay
    garp_lower_prio_repeat garp_master_delay garp_master_refresh garp_master_refresh_repeat garp_master_repeat
    higher_prio_send_advert kernel_rx_buf_size linkbeat_use_polling lower_prio_no_advert mcast_dst_ip mcast_src_ip no_accept
    no_virtual_ipaddress notify notify_backup notify_deleted notify_fault notify_master notify_master_rx_lower_pri
    notify_priority_changes notify_stop old_unicast_checksum preempt_delay promote_secondaries rx_buf_size
    skip_check_adv_addr track_bfd track_file track_interface track_process track_script track_src_ip
    unicast_fault_no_peer unicast_ttl use_ipvlan use_vmac use_vmac_addr virtual_routes virtual_rules vmac_xmit_base vrf`),
  lvs: words(`alpha connect_timeout delay_before_retry flag-1 flag-2 flag-3 ha_suspend hysteresis inhibit_on_failure ip_family
    mh-fallback mh-port omega ops persistence_engine quorum quorum_down quorum_up retry sh-fallback sh-port snmp_name
    sorry_server_inhibit sorry_server_lvs_method virtualhost warmup weight`),
  server:
    words(`alpha BFD_CHECK connect_timeout delay_before_retry delay_loop DNS_CHECK FILE_CHECK HTTP_GET
    inhibit_on_failure lthreshold lvs_method MISC_CHECK notify_down notify_up PING_CHECK retry SMTP_CHECK snmp_name SSL_GET
    TCP_CHECK UDP_CHECK uthreshold virtualhost warmup`),
}

const ALONE = 'hactl proves, reads or starts keepalived by it'
const MAIL = 'section notify tells people'
const VIP = 'the vip says it'
const SERVICE = 'the virtual service says it'

/** What an extra line must not say, and why: it would contradict the spec, or hide the daemon from its agent. */
const OWNED: Readonly<Record<Place, Readonly<Record<string, string>>>> = {
  globals: {
    ...because(
      ALONE,
      `bfd_process_name checker_process_name data_use_instance instance lvs_flush_on_stop lvs_flush_onstop net_namespace
      net_namespace_ipvs namespace_with_ipsets process_name process_names reload_check_config reload_file reload_repeat
      reload_time_file router_id use_pid_dir vrrp_process_name`,
    ),
    ...because(
      MAIL,
      `notification_email notification_email_from smtp_alert smtp_alert_checker smtp_alert_vrrp smtp_connect_timeout
      smtp_helo_name smtp_server`,
    ),
    vrrp_version: VIP,
    vrrp_strict: 'it refuses unicast peers and lets nobody reach the vip',
  },
  blocks: {
    ...because(ALONE, 'instance linkbeat_use_polling net_namespace net_namespace_ipvs use_pid_dir'),
    ...because('hactl writes it', 'global_defs vrrp_instance vrrp_sync_group'),
  },
  group: { group: 'the vips name their group', smtp_alert: MAIL },
  vip: {
    ...because(
      VIP,
      `advert_int authentication auth_pass auth_type interface ip_family lvs_sync_daemon_interface native_ipv6 nopreempt
      preempt priority state unicast_peer unicast_src_ip version virtual_ipaddress virtual_ipaddress_excluded
      virtual_router_id`,
    ),
    smtp_alert: MAIL,
    strict_mode: 'it refuses unicast peers and lets nobody reach the vip',
  },
  lvs: {
    ...because(
      SERVICE,
      `delay_loop lb_algo lb_kind lvs_method lvs_sched nat_mask persistence_granularity persistence_timeout protocol
      real_server sorry_server`,
    ),
    smtp_alert: MAIL,
  },
  server: { weight: 'the server says it', smtp_alert: MAIL },
}

function because(why: string, text: string): Readonly<Record<string, string>> {
  return Object.fromEntries([...words(text)].map((word) => [word, why]))
}

/** Why a keyword is not for extra lines; undefined when it is. */
export function ownedWhy(place: Place, word: string): string | undefined {
  if (/^include[a-z]?$|^include_check$/.test(word)) return 'a file of its own is not in the spec'
  return Object.hasOwn(OWNED[place], word) ? OWNED[place][word] : undefined
}

/** Keywords whose first value is a program that keepalived runs. */
export const RUNS: ReadonlySet<string> =
  words(`lvs_notify_fifo_script misc_path notify notify_backup notify_deleted
  notify_down notify_fault notify_fifo_script notify_master notify_master_rx_lower_pri notify_stop notify_up quorum_down
  quorum_up script shutdown_script startup_script vrrp_notify_fifo_script`)
/** Of these the user stands in a line of its own beside it. */
export const RUNS_IN_BLOCK: ReadonlySet<string> = words('misc_path script')
