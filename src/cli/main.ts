import { Argument, Command, InvalidArgumentError, Option } from 'commander'
import { CannotRun } from '../finding.ts'
import type { BuildOptions } from './build.ts'
import type { capacity } from './capacity.ts'
import { DIFF_FORMATS, type DiffOptions } from './diff-options.ts'
import type { DriftOptions } from './drift.ts'
import { FORMATS, type Format, printFindings } from './output.ts'
import { languageRoot, projectRoot } from './project.ts'
import { TABLES, type Table } from './show-options.ts'

/** Runs the command line; gives the exit code: 0 fine, 1 findings, 2 could not run. */
export async function main(argv: readonly string[]): Promise<number> {
  let code = 0
  const run =
    <A extends unknown[]>(action: (...args: A) => Promise<number>) =>
    async (...args: A) => {
      code = await action(...args)
    }
  const program = new Command('rolewright')
    .description('Compiles Ansible roles and deployments written in TypeScript into standard Ansible.')
    .showHelpAfterError()
    .enablePositionalOptions()
    .exitOverride()
  const format = () =>
    new Option('--format <format>', 'how findings are printed').choices(FORMATS).default('text')
  const deployment = (fallback: string) =>
    new Option('--deployment <name>', 'the deployment').default(fallback)

  program
    .command('build')
    .description('write generated/ from roles-src/ and inventory/')
    .option('--check', 'write nothing; exit 1 when generated/ is not up to date')
    .option('--dry-run', 'write nothing; say what would be written and removed')
    .option('--watch', 'build again whenever a source changes')
    .option(
      '--discard <path...>',
      'overwrite these files or folders of generated/ even if somebody edited them',
    )
    .addOption(format())
    .action(run(async (options: BuildOptions) => (await import('./build.ts')).build(options)))
  type CheckFlags = {
    readonly format: Format
    readonly explain?: string | true
    readonly mdad?: string
    readonly waived?: boolean
  }
  program
    .command('check')
    .description('say what is wrong with roles and deployments; write nothing')
    .argument('[deployment]', 'only this deployment; all unless told')
    .option(
      '--explain [rule]',
      'print the whole of a rule, such as NET-001; a line of each when none is named',
    )
    .option(
      '--mdad <checkout>',
      'compare the variables for matrix-docker-ansible-deploy with a checkout of it, too',
    )
    .option('--waived', 'print the cases that waivers accept, too')
    .addOption(format())
    .action(
      run(async (name: string | undefined, { explain, mdad, ...options }: CheckFlags) => {
        if (explain !== undefined)
          return (await import('./explain-rule.ts')).explainRule(
            explain === true ? undefined : explain,
            options.format,
          )
        if (mdad !== undefined)
          return (await import('./check-mdad.ts')).checkAgainstMdad(mdad, options.format)
        return (await import('./check.ts')).check(name, options)
      }),
    )
  program
    .command('options')
    .description('print the services that a deployment may name, or the options of one')
    .argument('[service]', 'the service; all in short unless told')
    .action(run(async (service: string | undefined) => (await import('./options.ts')).options(service)))
  program
    .command('show')
    .description('print what follows from a deployment')
    .addArgument(new Argument('<table>').choices(TABLES))
    .addOption(deployment('production'))
    .action(
      run(async (table: Table, options: { readonly deployment: string }) =>
        (await import('./show.ts')).show(table, options.deployment),
      ),
    )

  program
    .command('preview')
    .description('write the files that hosts will have, rendered by Ansible, to a folder per host')
    .argument('[host...]', 'only these hosts; all unless told')
    .addOption(deployment('production'))
    .option('--into <folder>', 'the folder that is made anew; .preview/<deployment> unless told')
    .action(
      run(
        async (names: readonly string[], options: { readonly deployment: string; readonly into?: string }) =>
          (await import('./preview.ts')).previewHosts(names, options),
      ),
    )
  program
    .command('diff')
    .description(
      'say what the sources change against a git revision: roles, flows, sizes, and the files of every host',
    )
    .argument('[base]', 'a branch, a tag or a commit', 'HEAD')
    .addOption(deployment('production'))
    .addOption(
      new Option('--format <format>', 'for people, for a pull request, for tools')
        .choices(DIFF_FORMATS)
        .default('text'),
    )
    .action(
      run(async (base: string, options: DiffOptions) => (await import('./diff.ts')).diff(base, options)),
    )

  program
    .command('drift')
    .description('say what hosts have that the deployment does not say; runs site.yml in check mode')
    .argument('[host...]', 'only these hosts; all unless told')
    .addOption(deployment('production'))
    .addOption(
      new Option('--format <format>', 'for people or for tools').choices(['text', 'json']).default('text'),
    )
    .action(
      run(async (names: readonly string[], options: DriftOptions) =>
        (await import('./drift.ts')).drift(names, options),
      ),
    )

  program
    .command('capacity')
    .description('print what a load demands of a deployment, and what breaks first')
    .argument('[deployment]', 'the deployment', 'production')
    .option('--users <number>', 'so many users in place of those that it expects', wholeNumber)
    .addOption(new Option('--format <format>', 'how it is printed').choices(['text', 'json']).default('text'))
    .action(
      run(async (name: string, options: Parameters<typeof capacity>[1]) =>
        (await import('./capacity.ts')).capacity(name, options),
      ),
    )
  program
    .command('explain')
    .description(
      'say which line of the sources a line of generated/ came from, or what a line of the sources became',
    )
    .argument(
      '<place>',
      'such as generated/roles/etcd/tasks/install.yml:12, roles-src/etcd/role.ts:80, or the code of a rule',
    )
    .action(run(async (place: string) => (await import('./explain.ts')).explain(place)))
  const maker = program.command('new').description('make what a project is built of')
  maker
    .command('deployment')
    .description('write a deployment of a small database to inventory/<name>.ts')
    .argument('<name>', 'lower case letters, digits, underscores and hyphens')
    .action(run(async (name: string) => (await import('./new-deployment.ts')).newDeployment(name)))
  maker
    .command('role')
    .description('write a role that builds to roles-src/<name>/')
    .argument('<name>', 'lower case letters, digits and underscores')
    .action(run(async (name: string) => (await import('./new-role.ts')).newRole(name)))

  const importer = program.command('import').description('bring facts of Ansible into the language')
  importer
    .command('module')
    .description(
      'write typed modules from the installed Ansible; all that are imported already when none is named',
    )
    .argument('[fqcn...]')
    .option('--check', 'write nothing; exit 1 when Ansible and what was imported differ')
    .addOption(format())
    .action(
      run(
        async (fqcns: readonly string[], options: { readonly check?: boolean; readonly format: Format }) => {
          const { importModules } = await import('./import-module.ts')
          const bin = `${languageRoot}/.venv/bin`
          const report = await importModules(fqcns, {
            root: languageRoot,
            ansible: { python: `${bin}/python`, ansibleDoc: `${bin}/ansible-doc` },
            ...(options.check ? { check: true } : {}),
          })
          for (const path of report.written) process.stdout.write(`wrote ${path}\n`)
          return printFindings(report.findings, options.format, 'import the modules again')
        },
      ),
    )

  const artifacts = program
    .command('artifacts')
    .description('upstream programs that Debian lacks, pinned in roles-src/artifacts.json')
  const folder = () => new Option('--folder <folder>', 'where the files are; the folder that the lab serves')
  type ArtifactFlags = { readonly folder?: string; readonly update?: boolean }
  artifacts
    .command('build')
    .description('build or fetch what is missing, all unless named, and compare it with the lock')
    .argument('[name...]')
    .addOption(folder())
    .option('--update', 'write the checksums of what was built to the lock')
    .action(
      run(async (names: readonly string[], options: ArtifactFlags) =>
        (await import('./artifacts.ts')).buildArtifacts(names, options),
      ),
    )
  artifacts
    .command('list')
    .description('print what the lock names and whether it is there')
    .argument('[name...]')
    .addOption(folder())
    .action(
      run(async (names: readonly string[], options: ArtifactFlags) =>
        (await import('./artifacts.ts')).listArtifacts(names, options),
      ),
    )

  const secrets = program.command('secrets').description('the secrets of a deployment, kept by ansible-vault')
  secrets
    .command('init')
    .description('make the secrets that are missing; needs ANSIBLE_VAULT_PASSWORD_FILE')
    .addOption(deployment('production'))
    .action(
      run(async (options: { readonly deployment: string }) => {
        const { initSecrets, secretsPlan } = await import('./secrets.ts')
        await initSecrets(await secretsPlan(projectRoot(), options.deployment))
        return 0
      }),
    )
  secrets
    .command('list')
    .description('print which variables hold which secret')
    .addOption(deployment('production'))
    .action(
      run(async (options: { readonly deployment: string }) => {
        const { listSecrets, secretsPlan } = await import('./secrets.ts')
        process.stdout.write(`${listSecrets(await secretsPlan(projectRoot(), options.deployment))}\n`)
        return 0
      }),
    )

  const lab = program
    .command('lab')
    .enablePositionalOptions()
    .description('a rehearsal of a deployment on this machine (root, systemd-nspawn)')
  const hosts = () => new Option('--hosts <name...>', 'only these hosts')
  type LabFlags = { readonly deployment: string; readonly hosts?: readonly string[] }
  lab
    .command('up')
    .description('boot the hosts that do not run yet')
    .addOption(deployment('lab'))
    .addOption(hosts())
    .option('--fresh', 'start with empty disks')
    .option('--take-over', "take down another checkout's lab of the same name first")
    .action(
      run(async (options: LabFlags & { readonly fresh?: boolean; readonly takeOver?: boolean }) =>
        (await import('./lab.ts')).labUp(options),
      ),
    )
  lab
    .command('deploy')
    .description('run ansible-playbook on the hosts; what follows -- goes to it')
    .addOption(deployment('lab'))
    .addOption(hosts())
    .option('--playbook <file>', 'another playbook than site.yml')
    .argument('[args...]')
    .action(
      run(async (args: readonly string[], options: LabFlags & { readonly playbook?: string }) =>
        (await import('./lab.ts')).labDeploy(options, args),
      ),
    )
  lab
    .command('status')
    .description('print the hosts and how they are')
    .addOption(deployment('lab'))
    .action(run(async (options: LabFlags) => (await import('./lab.ts')).labStatus(options)))
  lab
    .command('ssh')
    .description('a shell on a host, or a command there')
    .argument('<host>')
    .argument('[command...]')
    .passThroughOptions()
    .addOption(deployment('lab'))
    .action(
      run(async (host: string, command: readonly string[], options: LabFlags) =>
        (await import('./lab.ts')).labSsh(options, host, command),
      ),
    )
  lab
    .command('run')
    .description("a command of this machine at the client's, the admin's or the controller's address")
    .addArgument(new Argument('<from>').choices(['client', 'admin', 'controller']))
    .argument('<command...>')
    .passThroughOptions()
    .addOption(deployment('lab'))
    .action(
      run(async (from: 'client' | 'admin' | 'controller', command: readonly string[], options: LabFlags) =>
        (await import('./lab.ts')).labRun(options, from, command),
      ),
    )
  lab
    .command('outside')
    .description('print what hosts asked of the simulated internet')
    .option('--since <time>', 'only what came at or after it, such as 2026-01-31T12:00:00Z')
    .addOption(deployment('lab'))
    .action(
      run(async (options: LabFlags & { readonly since?: string }) =>
        (await import('./lab.ts')).labOutside(options),
      ),
    )
  lab
    .command('down')
    .description('end the hosts and leave nothing of them behind')
    .addOption(deployment('lab'))
    .option('--all', 'every lab on this machine, whichever checkout made it')
    .action(
      run(async (options: LabFlags & { readonly all?: boolean }) =>
        (await import('./lab.ts')).labDown(options),
      ),
    )

  try {
    await program.parseAsync(argv, { from: 'user' })
    return code
  } catch (error) {
    return failed(error)
  }
}

/** A number of people, such as `20000` or `20_000`. */
function wholeNumber(text: string): number {
  const digits = text.replaceAll(/[_,]/g, '')
  if (!/^[1-9]\d*$/.test(digits)) throw new InvalidArgumentError("Write a number, such as '20000'.")
  return Number(digits)
}

/** What to say of a failure, and its exit code. */
function failed(error: unknown): number {
  // commander has printed help and errors of usage by itself; help is no failure.
  if (error instanceof Error && 'code' in error && String(error.code).startsWith('commander.'))
    return 'exitCode' in error && error.exitCode === 0 ? 0 : 2
  if (error instanceof CannotRun) {
    process.stderr.write(`rolewright: ${error.message}\n${error.hint ? `  ${error.hint}\n` : ''}`)
    return 2
  }
  process.stderr.write(
    `rolewright: an error of rolewright itself, please report it:\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  )
  return 2
}
