// The hub's systemd unit. Unlike the agent it changes nothing on its machine, so it is shut in as far as systemd can.
export const HUB_UNIT = 'hactl-hub.service'

/**
 * Text of hactl-hub.service for a program at `program`. Pure.
 * @param old true for systemd 219 (EL7), which has neither DynamicUser= nor StateDirectory=: the package makes the user
 */
export const hubUnit = (program: string, old = false): string => `[Unit]
Description=hactl hub: keeps specs, shows the cluster
Wants=network-online.target
After=network-online.target

[Service]
# Others reach it only when /etc/hactl/hub.env says so: HACTL_HUB_FLAGS=--listen 0.0.0.0:9400
Environment="HACTL_HUB_FLAGS=--listen 127.0.0.1:9400"
EnvironmentFile=-/etc/hactl/hub.env
ExecStart=${program} hub --state /var/lib/hactl-hub $HACTL_HUB_FLAGS
Restart=always
RestartSec=1
StartLimitInterval=0
TimeoutStopSec=30
UMask=0077
${old ? OLD_USER : NEW_USER}
NoNewPrivileges=yes
CapabilityBoundingSet=
PrivateTmp=yes
PrivateDevices=yes
ProtectHome=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
SystemCallArchitectures=native

[Install]
WantedBy=multi-user.target
`

// No MemoryDenyWriteExecute=: V8 writes the machine code that it runs.
const NEW_USER = `DynamicUser=yes
StateDirectory=hactl-hub
StateDirectoryMode=0750
MemoryMax=1G
ProtectSystem=strict
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectControlGroups=yes
RestrictNamespaces=yes
RestrictRealtime=yes
LockPersonality=yes`

const OLD_USER = `User=hactl-hub
Group=hactl-hub
MemoryLimit=1G
ProtectSystem=full`
