import { useSyncExternalStore, type AnchorHTMLAttributes, type MouseEvent } from 'react'

/** Where the page is. Its addresses are the server's own (WebPage.java), so that links can be sent to others. */
export type Route = { view: 'chat'; id?: string } | { view: 'agents'; name?: string } | { view: 'inside' }

function parse(path: string): Route {
  const [, first, second] = path.split('/')
  const name = second ? decodeURIComponent(second) : undefined
  if (first === 'agents') return { view: 'agents', name }
  if (first === 'inside') return { view: 'inside' }
  return { view: 'chat', id: first === 'chats' ? name : undefined }
}

const watchers = new Set<() => void>()
let now = parse(location.pathname)

function changed() {
  now = parse(location.pathname)
  watchers.forEach((watcher) => watcher())
}

addEventListener('popstate', changed)

export function go(path: string, replace = false) {
  history[replace ? 'replaceState' : 'pushState'](null, '', path)
  changed()
}

export const chatPath = (id?: string) => (id ? `/chats/${encodeURIComponent(id)}` : '/')

export function useRoute(): Route {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher)
      return () => watchers.delete(watcher)
    },
    () => now,
  )
}

export function Link({ href, ...rest }: AnchorHTMLAttributes<HTMLAnchorElement> & { href: string }) {
  const follow = (event: MouseEvent) => {
    if (event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey) {
      event.preventDefault()
      go(href)
    }
  }
  return <a href={href} onClick={follow} {...rest} />
}
