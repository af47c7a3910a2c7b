// The files of a repository for one cluster. Pure.
import { jsonSchema } from '../../spec/json-schema.ts'
import type { InitFlags } from '../commands/init.ts'
import { exampleText } from './examples.ts'

/** Run by both CIs and by people: what it does is in one place. */
const CHECK = `#!/bin/sh
# Checks the spec: its faults, then what is unwise, then what every node would do. The same in CI and at a desk.
# hactl is $HACTL, else the one in PATH, else it is fetched from $HACTL_URL and must have the sum $HACTL_SHA256.
set -eu
cd "$(dirname "$0")/.."
spec=\${1:-spec.json}
if [ -n "\${HACTL:-}" ]; then
  hactl=$HACTL
elif command -v hactl > /dev/null 2>&1; then
  hactl=hactl
else
  : "\${HACTL_URL:?set it to where the hactl binary is}"
  : "\${HACTL_SHA256:?set it to the sha256 of that binary}"
  mkdir -p .hactl
  hactl=.hactl/hactl
  curl --fail --silent --show-error --location --max-time 300 --output "$hactl" "$HACTL_URL"
  echo "$HACTL_SHA256  $hactl" | sha256sum -c -
  chmod +x "$hactl"
fi
$hactl validate "$spec"
$hactl lint --strict "$spec"
$hactl plan "$spec" --all
if ! $hactl schema | cmp -s - schema.json; then
  echo "note: schema.json is of another version of hactl; hactl schema --write schema.json" >&2
fi
`

const GITHUB = `name: hactl
on:
  pull_request:
  push:
    branches: [main]
permissions:
  contents: read
jobs:
  check:
    runs-on: ubuntu-latest
    timeout-minutes: 10
    env:
      HACTL_URL: \${{ vars.HACTL_URL }}
      HACTL_SHA256: \${{ vars.HACTL_SHA256 }}
    steps:
      - uses: actions/checkout@v4
        with:
          persist-credentials: false
      - run: sh ci/check.sh
`

const GITLAB = `# HACTL_URL and HACTL_SHA256 are CI/CD variables of the project.
check:
  image: debian:12-slim
  timeout: 10 minutes
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
  before_script:
    - apt-get -qq update
    - apt-get -qq install --yes --no-install-recommends ca-certificates curl
  script:
    - sh ci/check.sh
`

const README = `# A cluster kept by hactl

\`spec.json\` says what the cluster is. Who changes it opens a pull request; what is merged is what the nodes run.

| file            | for                                                                              |
| --------------- | -------------------------------------------------------------------------------- |
| \`spec.json\`     | the cluster                                                                      |
| \`schema.json\`   | completion and checks in the editor; new by \`hactl schema --write schema.json\`    |
| \`ci/check.sh\`   | faults, warnings, and the plan of every node; run by CI on every pull request    |

## CI

Give the project two variables: \`HACTL_URL\`, where CI gets the hactl binary, and \`HACTL_SHA256\`, its sum (\`sha256sum hactl\`). Protect the
branch \`main\`, so that nothing reaches it without the check and a review; forbid force-pushes: the nodes refuse them too.

## The nodes

On each node, in /etc/hactl/agent.json (its \`node\`, and \`hub\` where there is one, stay as they are):

    "source": { "git": { "url": "https://git.example.org/ops/cluster.git", "branch": "main" } }

With \`tokenFile\` for https, \`identity\` and \`knownHosts\` for ssh. Nodes look once a minute; a webhook for pushes to
\`https://<hub>/v1/hooks/git\`, with the text of the hub's \`hook-secret\` as its secret, makes it at once.

## A change

    git switch --create more-servers
    $EDITOR spec.json
    sh ci/check.sh
    git commit --all --message "pool apps: add app3"
    git push --set-upstream origin more-servers

A plan that a guard refuses names its override; a line \`Hactl-Allow: blink\` (\`removals\`, \`empty\`) in the message of the newest commit
gives it. Going back is a commit as well: \`git revert\`.
`

const SETTINGS = {
  'json.schemas': [{ fileMatch: ['/spec.json'], url: './schema.json' }],
  'files.insertFinalNewline': true,
}

export type RepositoryFile = { readonly body: string; readonly mode: number }

/** By path. */
export function repositoryFiles(
  example: InitFlags['example'],
): Readonly<Record<string, RepositoryFile>> {
  const plain = (body: string): RepositoryFile => ({ body, mode: 0o644 })
  return {
    'spec.json': plain(exampleText(example)),
    'schema.json': plain(jsonSchema()),
    'README.md': plain(README),
    '.gitignore': plain(
      '# The binary that ci/check.sh fetches, and keys that must never be here.\n/.hactl/\n*.key\n*.pem\n',
    ),
    '.vscode/settings.json': plain(`${JSON.stringify(SETTINGS, null, 2)}\n`),
    '.github/workflows/hactl.yml': plain(GITHUB),
    '.gitlab-ci.yml': plain(GITLAB),
    'ci/check.sh': { body: CHECK, mode: 0o755 },
  }
}
