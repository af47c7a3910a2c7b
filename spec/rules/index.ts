// Every rule, in the order of its code. spec/README.md has the table.
import { addressValid } from './address-valid.ts'
import { balanceOn } from './balance-on.ts'
import { checkOptions } from './check-options.ts'
import { extraLines } from './extra-lines.ts'
import { keepalivedExtra } from './keepalived-extra.ts'
import { keepalivedKnown } from './keepalived-known.ts'
import { keepalivedScript } from './keepalived-script.ts'
import { keepalivedUsed } from './keepalived-used.ts'
import { lvsCheckOptions } from './lvs-check-options.ts'
import { lvsFamily } from './lvs-family.ts'
import { lvsLoop } from './lvs-loop.ts'
import { lvsNatGateway } from './lvs-nat-gateway.ts'
import { lvsPersistence } from './lvs-persistence.ts'
import { lvsPlace } from './lvs-place.ts'
import { lvsPort } from './lvs-port.ts'
import { lvsScheduler } from './lvs-scheduler.ts'
import { lvsSelf } from './lvs-self.ts'
import { lvsServers } from './lvs-servers.ts'
import { lvsSubnet } from './lvs-subnet.ts'
import { lvsUdpCheck } from './lvs-udp-check.ts'
import { lvsUnique } from './lvs-unique.ts'
import { nginxBackup } from './nginx-backup.ts'
import { nginxBalance } from './nginx-balance.ts'
import { nginxCheck } from './nginx-check.ts'
import { nginxExtra } from './nginx-extra.ts'
import { nginxHostName } from './nginx-host-name.ts'
import { nginxPoolExtra } from './nginx-pool-extra.ts'
import { nginxRegex } from './nginx-regex.ts'
import { nginxStick } from './nginx-stick.ts'
import { nginxStream } from './nginx-stream.ts'
import { nginxWithout } from './nginx-without.ts'
import { nodeAddressUnique } from './node-address-unique.ts'
import { notifyClear } from './notify-clear.ts'
import { notifyReaches } from './notify-reaches.ts'
import { notifyReferences } from './notify-references.ts'
import { poolBackupOnly } from './pool-backup-only.ts'
import { poolOneMode } from './pool-one-mode.ts'
import { poolServers } from './pool-servers.ts'
import { poolUsed } from './pool-used.ts'
import { poolWeights } from './pool-weights.ts'
import { portOwner } from './port-owner.ts'
import { priorityDistinct } from './priority-distinct.ts'
import { proxyPlace } from './proxy-place.ts'
import { proxyTarget } from './proxy-target.ts'
import { referenceKnown } from './reference-known.ts'
import { regexValid } from './regex-valid.ts'
import { routeConflict } from './route-conflict.ts'
import { routeNameUnique } from './route-name-unique.ts'
import { routeShadowed } from './route-shadowed.ts'
import { secretInline } from './secret-inline.ts'
import { secretKnown } from './secret-known.ts'
import { secretMode } from './secret-mode.ts'
import { secretRecipients } from './secret-recipients.ts'
import { secretUsed } from './secret-used.ts'
import { serverHostName } from './server-host-name.ts'
import { serverLoop } from './server-loop.ts'
import { serverPlace } from './server-place.ts'
import { serverUnique } from './server-unique.ts'
import { splitConditions } from './split-conditions.ts'
import { storageOptions } from './storage-options.ts'
import { statsUsers } from './stats-users.ts'
import { tcpOptions } from './tcp-options.ts'
import { vipAddressUnique } from './vip-address-unique.ts'
import { vipCircular } from './vip-circular.ts'
import { vipFamilyPeers } from './vip-family-peers.ts'
import { vipGroup } from './vip-group.ts'
import { vipInSubnet } from './vip-in-subnet.ts'
import { vipNotNode } from './vip-not-node.ts'
import { vipPeersEnough } from './vip-peers-enough.ts'
import { vipPeersSubnet } from './vip-peers-subnet.ts'
import { vipUsed } from './vip-used.ts'
import { vridUnique } from './vrid-unique.ts'
import { vipWire } from './vip-wire.ts'
import { vrrpTwoSeconds } from './vrrp-two-seconds.ts'
import { exportClients } from './export-clients.ts'
import { exportFsid } from './export-fsid.ts'
import { exportOpen } from './export-open.ts'
import { mountOptions } from './mount-options.ts'
import { mountPoints } from './mount-points.ts'
import { mountUsed } from './mount-used.ts'
import { nfsFenced } from './nfs-fenced.ts'
import { nfsOwnExport } from './nfs-own-export.ts'
import { nfsPlace } from './nfs-place.ts'
import { singlePoint } from './single-point.ts'
import { siteOptions } from './site-options.ts'
import { verbatimLines } from './verbatim-lines.ts'
import { verbatimPlace } from './verbatim-place.ts'
import { verbatimNames } from './verbatim-names.ts'
import { serviceUnit } from './service-unit.ts'
import { serviceUnitUnique } from './service-unit-unique.ts'
import { serviceFile } from './service-file.ts'
import { packagesNamed } from './packages-named.ts'
import { sysctlDerived } from './sysctl-derived.ts'
import { trackServices } from './track-services.ts'
import { serviceSecret } from './service-secret.ts'
import type { Rule } from './rule.ts'

export const RULES: readonly Rule[] = [
  addressValid,
  referenceKnown,
  vridUnique,
  vipNotNode,
  vipAddressUnique,
  priorityDistinct,
  vrrpTwoSeconds,
  vipPeersEnough,
  vipPeersSubnet,
  vipInSubnet,
  portOwner,
  serverHostName,
  poolServers,
  proxyTarget,
  vipUsed,
  routeShadowed,
  routeNameUnique,
  routeConflict,
  vipCircular,
  tcpOptions,
  regexValid,
  balanceOn,
  serverPlace,
  poolBackupOnly,
  poolWeights,
  poolUsed,
  extraLines,
  secretInline,
  serverUnique,
  statsUsers,
  proxyPlace,
  poolOneMode,
  vipFamilyPeers,
  checkOptions,
  serverLoop,
  splitConditions,
  lvsServers,
  lvsPlace,
  lvsPort,
  lvsSelf,
  lvsFamily,
  lvsSubnet,
  lvsPersistence,
  lvsLoop,
  lvsUdpCheck,
  lvsCheckOptions,
  lvsScheduler,
  lvsNatGateway,
  lvsUnique,
  vipGroup,
  nginxCheck,
  nginxBalance,
  nginxStick,
  nginxBackup,
  nginxHostName,
  nginxStream,
  nginxRegex,
  nginxExtra,
  nginxPoolExtra,
  nginxWithout,
  serviceUnit,
  serviceUnitUnique,
  serviceFile,
  packagesNamed,
  sysctlDerived,
  trackServices,
  serviceSecret,
  notifyReferences,
  notifyClear,
  notifyReaches,
  nodeAddressUnique,
  nfsFenced,
  nfsPlace,
  singlePoint,
  nfsOwnExport,
  mountPoints,
  mountOptions,
  exportOpen,
  exportFsid,
  exportClients,
  mountUsed,
  keepalivedExtra,
  keepalivedScript,
  keepalivedKnown,
  vipWire,
  keepalivedUsed,
  secretKnown,
  secretUsed,
  secretMode,
  secretRecipients,
  siteOptions,
  verbatimLines,
  verbatimPlace,
  verbatimNames,
  storageOptions,
]
