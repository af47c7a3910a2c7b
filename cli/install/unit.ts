// The agent's systemd unit. The one source of it: `hactl agent install` writes it, and the packages take it from here too.

export const AGENT_UNIT = 'hactl-agent.service'
/** Where an administrator's units go (systemd.unit(5)); packages use /usr/lib/systemd/system instead. */
export const UNIT_DIRECTORY = '/etc/systemd/system'
export const CONFIG_PATH = '/etc/hactl/agent.json'
/** Generous for one bounded effect; the agent beats when a pass, a slice of its sleep or a command ends, see agent/run.ts. */
const WATCHDOG_S = 300

/**
 * Text of hactl-agent.service for a program at `program`. Pure; the same for install and packages.
 * Keys that an old systemd (219 on EL7) does not know are logged and left out by it; `old` names the memory limit as it does.
 */
export const agentUnit = (
  program: string,
  config: string = CONFIG_PATH,
  old = false,
): string => `[Unit]
Description=hactl agent: keeps this node as the spec of its cluster says
Wants=network-online.target
After=network-online.target
# A package brings the unit before anyone has said which cluster this is.
ConditionPathExists=${config}

[Service]
Type=notify
NotifyAccess=main
ExecStart=${program} agent --config ${config}
Restart=always
RestartSec=1
# The agent comes back however often it fails: without it nothing converges.
StartLimitInterval=0
TimeoutStartSec=90
TimeoutStopSec=30
WatchdogSec=${WATCHDOG_S}
# Only the agent itself is ended with its unit: the daemons it looks after go on serving, and a
# package manager it has started is not cut off half way.
KillMode=process
# A leak of ours must not eat the memory that the proxies need. Package managers run inside this
# limit, so it is wide; with "supervisor": "builtin" the daemons do as well: raise it there.
${old ? 'MemoryLimit' : 'MemoryMax'}=1G
OOMPolicy=continue
LimitNOFILE=65536
# No option below makes a mount namespace (systemd.exec(5)): the agent installs packages and mounts
# file systems for the whole machine, so it must see the machine as it is. NoNewPrivileges would
# keep SELinux from changing domains for what the agent starts.
CapabilityBoundingSet=~CAP_SYS_BOOT CAP_SYS_PACCT CAP_SYS_TIME CAP_SYS_TTY_CONFIG CAP_WAKE_ALARM CAP_BLOCK_SUSPEND
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK AF_PACKET
RestrictRealtime=yes
LockPersonality=yes
SystemCallArchitectures=native

[Install]
WantedBy=multi-user.target
`
