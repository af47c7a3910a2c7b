// A keepalived.conf of ours for a pair, with most of what keepalived.conf(5) has; each config-id is a host.

export const SAMPLE = `
@one $ID=1
@two $ID=2
$INNER=eth1
global_defs {
    notification_email {
        ops@example.org
    }
    notification_email_from keepalived@example.org
    smtp_server 192.0.2.25 2525
    router_id edge_\${ID}   ! its own on each
    vrrp_garp_interval 0.001
    vrrp_garp_master_delay 3
    vrrp_mcast_group4 224.0.0.100
    vrrp_skip_check_adv_addr
    script_user nobody
    enable_script_security
}
static_ipaddress {
    198.51.100.\${ID}/32 dev lo
}
static_routes {
    203.0.113.0/24 via 10.1.0.254 dev eth1
}
bfd_instance far {
@one    neighbor_ip 10.0.0.2
@two    neighbor_ip 10.0.0.1
@^two   source_ip 10.0.0.1
@^one   source_ip 10.0.0.2
    min_rx 100
}
vrrp_script free {
    script "/usr/bin/test ! -e /run/full # here"
    interval 5
    timeout 2
    weight -20
    fall 2
    rise 3
}
vrrp_script proxy {
    script "/usr/bin/pgrep -x sh"
    interval 2
}
vrrp_track_process shell {
    process sh
    weight 5
}
track_file load {
    file "/run/load"
    weight 1
    init_file 0
}
vrrp_sync_group BOTH {
    group { WEB INNER }
    track_interface {
        eth1 weight 7
    }
    notify_master "/usr/bin/logger both master"
    sync_group_tracking_weight
    smtp_alert
}
vrrp_instance WEB {
    state BACKUP
    interface eth0
    virtual_router_id 51
@one priority 150
@two priority 100
    advert_int 2
    garp_master_refresh 120
    preempt_delay 30
    authentication {
        auth_type PASS
        auth_pass geheim
    }
    unicast_src_ip 10.0.0.\${ID}
    unicast_peer {
@one    10.0.0.2
@two    10.0.0.1
    }
    virtual_ipaddress {
        10.0.0.100/24 label eth0:web
        ~SEQ(LAST, 101, 102) 10.0.0.\${LAST}/24 dev eth1 brd + scope link
    }
    virtual_ipaddress_excluded {
        ~LST({NET, HOST}, {0, 103}, {0, 104}) 10.0.\${NET}.\${HOST}/24
    }
    virtual_routes {
        192.0.2.0/24 via 10.0.0.254 dev eth0 metric 7
    }
    virtual_rules {
        from 10.0.0.100 table 100 priority 2000
    }
    track_script {
        free weight -10
        proxy
    }
    track_file {
        load
    }
    track_bfd {
        far weight 15
    }
    notify "/usr/bin/logger moved"
    smtp_alert
}
vrrp_instance INNER {
    state BACKUP
    interface $INNER
    virtual_router_id 52
    $IF_ONE=@one
    $IF_ONE priority 150
    advert_int 1
    use_vmac vrrp.52
    vmac_xmit_base
    mcast_src_ip 10.1.0.\${ID}
    virtual_ipaddress { 10.1.0.100/24 }
}
vrrp_instance SIX {
    interface eth0
    virtual_router_id 51
    version 3
    advert_int 0.5
    nopreempt
@one priority 150
@two priority 100
    virtual_ipaddress {
        fe80::100/64
        2001:db8::100/64
    }
}
`
