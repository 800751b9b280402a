import { spawn } from 'node:child_process'
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { chromium } from 'playwright-core'

const ROOT = resolve(import.meta.dirname, '../..')
const JAR = join(ROOT, 'server/target/millrace-server.jar')
const BROWSERS = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome']

/** What is the matter with this machine, so that nothing can be tried in a browser; undefined if nothing. */
export const missing = !found(BROWSERS) ? `no browser: one of ${BROWSERS.join(', ')}` : !there(JAR) ? 'no server: ./millrace build' : undefined

function there(path) {
  try {
    accessSync(path, constants.R_OK)
    return true
  } catch {
    return false
  }
}

function found(names) {
  for (const name of names) {
    for (const folder of (process.env.PATH ?? '').split(delimiter)) {
      if (there(join(folder, name))) return join(folder, name)
    }
  }
}

/** A server of its own, with its data in a folder of its own; it can be killed and started again at the same port. */
export class Server {
  #process
  #folder = mkdtempSync(join(tmpdir(), 'millrace-page.'))
  #config
  #memory
  port = 0

  /**
   * @param config lines of millrace.yaml
   * @param memory whether all that it keeps is in memory: quicker to fill, and gone with its process
   */
  static async start(config = '', memory = false) {
    const server = new Server()
    server.#memory = memory
    server.#config = join(server.#folder, 'millrace.yaml')
    writeFileSync(server.#config, config)
    await server.again()
    return server
  }

  get url() {
    return `http://127.0.0.1:${this.port}`
  }

  async again() {
    const java = process.env.JAVA_HOME ? join(process.env.JAVA_HOME, 'bin/java') : 'java'
    // The page as it was built last, also if the jar is older than it.
    const jar = process.env.MILLRACE_PAGE ? ['-cp', process.env.MILLRACE_PAGE + delimiter + JAR, 'dev.millrace.server.cli.MillraceCommand'] : ['-jar', JAR]
    const child = spawn(java, ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '--sun-misc-unsafe-memory-access=allow', ...jar, 'serve', '--port', String(this.port), ...(this.#memory ? ['--memory'] : ['--data', join(this.#folder, 'data')]), '--config', this.#config], {
      env: { ...process.env, OPENAI_API_KEY: 'none' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#process = child
    let all = ''
    const ready = new Promise((resolve, reject) => {
      for (const stream of [child.stdout, child.stderr]) {
        createInterface({ input: stream }).on('line', (line) => {
          all += line + '\n'
          const port = /ready on https?:\/\/[^:]+:(\d+)/.exec(line)?.[1]
          if (port) resolve(Number(port))
        })
      }
      child.once('exit', () => reject(new Error('the server ended:\n' + all)))
    })
    this.port = await ready
  }

  /** As `kill -9`. */
  async kill() {
    const ended = new Promise((resolve) => this.#process.once('exit', resolve))
    this.#process.kill('SIGKILL')
    await ended
  }

  async close() {
    if (this.#process.exitCode === null && this.#process.signalCode === null) await this.kill()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /** Asks the API, as a program would. */
  async api(method, path, body) {
    const response = await fetch(this.url + path, { method, headers: { 'Content-Type': 'application/json' }, body: body && JSON.stringify(body) })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
    return text ? JSON.parse(text) : undefined
  }
}

export async function launch() {
  return chromium.launch({ executablePath: found(BROWSERS), args: ['--no-sandbox', '--no-proxy-server', '--disable-dev-shm-usage'] })
}

/** Waits until this is true; says what it was if it never is. */
export async function until(what, check, seconds = 60) {
  const end = Date.now() + seconds * 1000
  for (let last; ; ) {
    last = await check()
    if (last) return last
    if (Date.now() > end) throw new Error(`never: ${what} (${JSON.stringify(last)})`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
