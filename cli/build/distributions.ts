// What the systems that people have bring along, and which of them a file runs on by its symbol versions.
import { byVersion, highest, type Needs } from './elf.ts'

export type Distribution = {
  readonly name: string
  readonly glibc: string
  readonly gcc: string
  readonly kernel: string
  readonly systemd: number
}

/**
 * glibc, gcc (whose libstdc++ is installed), kernel and systemd as released. Sources: release notes of Red Hat
 * Enterprise Linux 7 to 10 and of Debian 11 to 13; packages glibc, gcc, kernel, systemd of each. Debian 12 is also
 * compared with the installed libraries by a test, the others were not at hand.
 */
export const DISTRIBUTIONS: readonly Distribution[] = [
  { name: 'EL7', glibc: '2.17', gcc: '4.8', kernel: '3.10', systemd: 219 },
  { name: 'EL8', glibc: '2.28', gcc: '8', kernel: '4.18', systemd: 239 },
  { name: 'EL9', glibc: '2.34', gcc: '11', kernel: '5.14', systemd: 252 },
  { name: 'EL10', glibc: '2.39', gcc: '14', kernel: '6.12', systemd: 257 },
  { name: 'Debian 11', glibc: '2.31', gcc: '10', kernel: '5.10', systemd: 247 },
  { name: 'Debian 12', glibc: '2.36', gcc: '12', kernel: '6.1', systemd: 252 },
  { name: 'Debian 13', glibc: '2.41', gcc: '14', kernel: '6.12', systemd: 257 },
]

/** libstdc++ manual, "ABI Policy and Guidelines", History: symbol versions of the first release that has them. */
const LIBSTDCXX: Readonly<Record<string, { GLIBCXX: string; CXXABI: string }>> = {
  '4.8': { GLIBCXX: '3.4.19', CXXABI: '1.3.7' },
  '8': { GLIBCXX: '3.4.25', CXXABI: '1.3.11' },
  '10': { GLIBCXX: '3.4.28', CXXABI: '1.3.12' },
  '11': { GLIBCXX: '3.4.29', CXXABI: '1.3.13' },
  '12': { GLIBCXX: '3.4.30', CXXABI: '1.3.13' },
  '14': { GLIBCXX: '3.4.33', CXXABI: '1.3.15' },
}

/** Installed everywhere: glibc's own libraries, and the two of gcc that a minimal system has. */
const USUAL = /^(?:lib(?:c|m|dl|pthread|rt|stdc\+\+|gcc_s)\.so\.\d+|ld-linux[\w.-]+)$/

export type Verdict = { readonly name: string; readonly why: readonly string[] }

/** The newest symbols that this system has, by family. */
export const symbolsOf = ({ glibc, gcc }: Distribution): Readonly<Record<string, string>> => ({
  GLIBC: glibc,
  ...LIBSTDCXX[gcc],
})

/** Each system with what it lacks; empty `why` means that it has all the symbols. Pure. */
export function runsOn(needs: Needs): readonly Verdict[] {
  const strange = needs.libraries
    .filter((library) => !USUAL.test(library))
    .map((library) => `${library} is not part of a minimal system`)
  const wanted = Object.entries(highest(needs)).filter(([family]) => family !== 'GCC')
  return DISTRIBUTIONS.map((distribution) => {
    const has = symbolsOf(distribution)
    const lacks = wanted.flatMap(([family, version]) => {
      const newest = has[family]
      if (newest !== undefined && byVersion(`${family}_${version}`, `${family}_${newest}`) <= 0)
        return []
      return [`needs ${family} ${version}, has ${newest ?? 'none'}`]
    })
    return { name: distribution.name, why: [...lacks, ...strange] }
  })
}
