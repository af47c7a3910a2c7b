// WordPress as its operator and its visitors have it: what is done by hand once, and a browser with its cookies.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import type { Vm } from '../../cli/lab/vm/vm.ts'
import type { VmCluster } from './cluster.ts'

export const SITE_VIP = '172.18.67.33'
export const SITE = `http://${SITE_VIP}`
export const UPLOADS = '/var/lib/wordpress/wp-content/uploads'
export const EXPORTED = '/srv/wordpress/uploads'
const OPERATOR = { name: 'operator', password: 'correct-horse-battery' }
/** PHP in a VM on a busy machine: a page takes seconds, the first ones more. */
const PAGE_TIMEOUT_S = 55
const DATABASE_PASSWORD = 'a-password-of-the-test'
/** The same on both hosts: a session begun on one is known on the other. */
const KEYS = ['AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE']

/** What is no configuration, as the operator does it by hand before hactl comes: the database, secrets, whose a folder is. */
export async function prepareSite(vm: Vm): Promise<void> {
  if (vm.name === 'db1') {
    // Debian's socket unit would listen for the database on every address, whatever its bind-address says.
    await vm.must('systemctl disable -q --now mariadb.socket')
    await vm.must(
      `install -d -o www-data -g www-data ${EXPORTED} && systemctl start mariadb && mariadb -e "
        CREATE DATABASE wordpress CHARACTER SET utf8mb4;
        CREATE USER 'wordpress'@'172.18.67.%' IDENTIFIED BY '${DATABASE_PASSWORD}';
        GRANT ALL ON wordpress.* TO 'wordpress'@'172.18.67.%'" && systemctl stop mariadb`,
      120_000,
    )
  }
  if (vm.name.startsWith('web')) {
    const keys = KEYS.flatMap((name) => [`${name}_KEY`, `${name}_SALT`]).map(
      (name) => `define('${name}', 'not so secret ${name} of the test');`,
    )
    // No way out of the test's network: without this WordPress looks for updates in every page of its administration.
    const offline = "define('WP_HTTP_BLOCK_EXTERNAL', true);"
    await vm.put('/etc/wordpress/keys.php', ['<?php', ...keys, offline, ''].join('\n'), 0o640)
    await vm.put('/etc/wordpress/db-password', `${DATABASE_PASSWORD}\n`, 0o640)
    await vm.must('chgrp www-data /etc/wordpress/keys.php /etc/wordpress/db-password')
  }
}

export type Answer = { readonly status: number; readonly body: string; readonly headers: string }

/** A visitor with cookies. curl keeps them in a file of the lab; each request is a connection of its own. */
export type Browser = {
  readonly get: (path: string, ...flags: string[]) => Promise<Answer>
  readonly post: (path: string, fields: Readonly<Record<string, string>>) => Promise<Answer>
  readonly install: () => Promise<Answer>
  readonly login: () => Promise<Answer>
  /** A token for changes, which only a session that is logged in gets; undefined without one. */
  readonly nonce: () => Promise<string | undefined>
  /** Uploads an image; its address. */
  readonly upload: (name: string, path: string) => Promise<string>
}

export function browserOf(lab: VmCluster): Browser {
  const jar = join(lab.root, 'log', 'cookies')
  const ask = async (path: string, flags: readonly string[]): Promise<Answer> => {
    const url = path.startsWith('http:') ? path : `${SITE}${path}`
    const limits = ['-sS', '-i', '-m', String(PAGE_TIMEOUT_S), '-b', jar, '-c', jar]
    const argv = ['curl', ...limits, ...flags, url]
    const { code, stdout, stderr } = await lab.client(argv, (PAGE_TIMEOUT_S + 5) * 1_000)
    if (code !== 0) throw new Error(`cannot get ${url}: ${stderr.trim()}`)
    // An "Expect: 100-continue" of a large request has a head of its own before the answer's.
    const parts = stdout.replace(/^HTTP\/1\.1 100(?:.|\n)*?\r\n\r\n/, '')
    const end = parts.indexOf('\r\n\r\n')
    const headers = parts.slice(0, end)
    return { status: Number(headers.split(' ')[1]), headers, body: parts.slice(end + 4) }
  }
  const post: Browser['post'] = (path, fields) =>
    ask(
      path,
      Object.entries(fields).flatMap(([key, value]) => ['--data-urlencode', `${key}=${value}`]),
    )
  const nonce = async () => {
    const { status, body } = await ask('/wp-admin/admin-ajax.php?action=rest-nonce', [])
    return status === 200 && /^[0-9a-f]{10}$/.test(body) ? body : undefined
  }
  return {
    get: (path, ...flags) => ask(path, flags),
    post,
    nonce,
    install: () =>
      post('/wp-admin/install.php?step=2', {
        weblog_title: 'Two balancers',
        user_name: OPERATOR.name,
        admin_password: OPERATOR.password,
        admin_password2: OPERATOR.password,
        admin_email: 'operator@example.com',
        blog_public: '0',
      }),
    login: async () => {
      await ask('/wp-login.php', [])
      return post('/wp-login.php', {
        log: OPERATOR.name,
        pwd: OPERATOR.password,
        testcookie: '1',
        redirect_to: '/wp-admin/profile.php',
      })
    },
    upload: async (name, path) => {
      const { status, body } = await ask('/index.php?rest_route=/wp/v2/media', [
        ...['-H', `X-WP-Nonce: ${await nonce()}`, '-H', 'Content-Type: image/png'],
        ...['-H', `Content-Disposition: attachment; filename=${name}`, '--data-binary', `@${path}`],
      ])
      assert.equal(status, 201, body.slice(0, 1_000))
      const address = /"source_url":"([^"]+)"/.exec(body)?.[1]?.replaceAll('\\/', '/')
      assert.ok(address, body.slice(0, 1_000))
      return address
    },
  }
}
