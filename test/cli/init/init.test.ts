// hactl init: the repository is whole, its examples are clean, and what its CI files run is run here.
import assert from 'node:assert/strict'
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { execa } from 'execa'
import { EXAMPLES } from '../../../cli/commands/init.ts'
import { exampleText } from '../../../cli/init/examples.ts'
import { repositoryFiles } from '../../../cli/init/files.ts'
import { checkSpec } from '../../../spec/check.ts'
import { temporaryDirectory } from '../../agent/host/temporary.ts'
import { run } from '../fake.ts'

const ENV = {
  PATH: process.env['PATH'] ?? '',
  GIT_CONFIG_NOSYSTEM: '1',
  HACTL_AUTHOR: 'Ada Lovelace <ada@example.org>',
}
const HACTL = `${process.execPath} ${join(process.cwd(), 'cli/main.ts')}`

async function made(context: TestContext, ...flags: readonly string[]) {
  const cwd = await temporaryDirectory(context)
  const ran = await run(['init', 'cluster', ...flags], { env: ENV, cwd })
  return { ...ran, cwd, directory: join(cwd, 'cluster') }
}

/** Steps of the CI files, as their runners read them. */
const githubSteps = (yaml: string) => [...yaml.matchAll(/^ +- run: (.+)$/gm)].map((m) => m[1] ?? '')
const gitlabSteps = (yaml: string) =>
  [...(yaml.split(/^ {2}script:\n/m)[1] ?? '').matchAll(/^ {4}- (.+)$/gm)].map((m) => m[1] ?? '')

test('every file, in one first commit by who asked, on main', async (context) => {
  const { exit, out, err, directory } = await made(context)
  assert.equal(err, '')
  assert.equal(exit, 0)
  assert.match(out, /ci\/check\.sh\n/)
  const git = async (...args: string[]) => (await execa('git', ['-C', directory, ...args])).stdout
  const files = Object.keys(repositoryFiles('minimal')).sort()
  assert.deepEqual((await git('ls-files')).split('\n').sort(), files)
  assert.equal(
    await git('log', '--format=%an %D %s'),
    'Ada Lovelace HEAD -> main spec: begin with the minimal cluster',
  )
  assert.equal(await git('status', '--porcelain'), '')
  assert.equal(statSync(join(directory, 'ci/check.sh')).mode & 0o777, 0o755)
  const { 'json.schemas': schemas } = JSON.parse(
    readFileSync(join(directory, '.vscode/settings.json'), 'utf8'),
  )
  assert.deepEqual(schemas, [{ fileMatch: ['/spec.json'], url: './schema.json' }])
})

for (const ci of ['.github/workflows/hactl.yml', '.gitlab-ci.yml'])
  test(`what ${ci} runs passes a good spec, and stops a warning and a fault`, async (context) => {
    const { directory } = await made(context)
    const yaml = readFileSync(join(directory, ci), 'utf8')
    const steps = ci.startsWith('.github') ? githubSteps(yaml) : gitlabSteps(yaml)
    assert.equal(steps.length, 1)
    const check = (env: Record<string, string> = { HACTL }) =>
      execa('sh', ['-c', steps.join('\n')], { cwd: directory, reject: false, env: { ...env } })
    const good = await check()
    assert.equal(good.exitCode, 0, good.stderr)
    assert.match(
      good.stdout,
      /valid, cluster shop(?:.*\n)*.*no error, 0 warnings(?:.*\n)*.*keepalived/,
    )
    assert.equal(good.stderr, '')
    const file = join(directory, 'spec.json')
    const spec = readFileSync(file, 'utf8')
    writeFileSync(file, spec.replace('"priority": 100', '"priority": 150'))
    const unwise = await check()
    assert.notEqual(unwise.exitCode, 0)
    writeFileSync(file, spec.replace('"web1"', '"web9"'))
    assert.equal((await check()).exitCode, 3)
  })

test('a binary that is fetched must have its sum', async (context) => {
  const { directory } = await made(context)
  const fake = join(directory, 'fake')
  writeFileSync(fake, '#!/bin/sh\necho "ran $1"\n')
  const sum = (await execa('sha256sum', [fake])).stdout.split(' ')[0] ?? ''
  const check = (HACTL_SHA256: string) =>
    execa('sh', ['ci/check.sh'], {
      cwd: directory,
      reject: false,
      extendEnv: false,
      env: { PATH: '/usr/bin:/bin', HACTL_URL: `file://${fake}`, HACTL_SHA256 },
    })
  const good = await check(sum)
  assert.match(good.stdout, /ran validate\nran lint\nran plan/, good.stderr)
  const wrong = await check(sum.replace(/^./, (c) => (c === '0' ? '1' : '0')))
  assert.notEqual(wrong.exitCode, 0)
  assert.doesNotMatch(wrong.stdout, /ran/)
  const unset = await check('')
  assert.match(unset.stderr, /HACTL_SHA256.*set it to the sha256/)
})

for (const example of EXAMPLES)
  test(`the ${example} cluster has no warning`, () => {
    const { diagnostics } = checkSpec(exampleText(example))
    assert.deepEqual(
      diagnostics.filter((d) => d.severity !== 'info').map((d) => d.message),
      [],
    )
  })

test('every example of spec/examples is offered', () => {
  const names = readdirSync('spec/examples').map((file) => file.replace(/\.json$/, ''))
  assert.deepEqual([...EXAMPLES].sort(), ['minimal', ...names].sort())
})

test('a directory with something in it is left alone; --no-git writes only', async (context) => {
  const { cwd, directory } = await made(context, '--no-git', '--example', 'wordpress')
  assert(!readdirSync(directory).includes('.git'))
  const again = await run(['init', 'cluster'], { env: ENV, cwd })
  assert.equal(again.exit, 2)
  assert.match(again.err, /cannot use cluster: it is not empty/)
  const nobody = {
    ...ENV,
    HACTL_AUTHOR: '',
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'user.useConfigOnly',
    GIT_CONFIG_VALUE_0: 'true',
  }
  const refused = await run(['init', 'other'], { env: nobody, cwd })
  assert.equal(refused.exit, 2)
  assert.match(refused.err, /git does not know who you are/)
  assert.deepEqual(readdirSync(cwd), ['cluster'])
})
