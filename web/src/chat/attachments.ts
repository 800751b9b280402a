import { useRef, useState } from 'react'
import type { Part } from '../api/types'
import { giveFile } from '../api/upload'

export interface Attached {
  key: string
  name: string
  /** From 0 to 1. */
  progress: number
  /** Whether its connection is lost; it goes on by itself. */
  held?: boolean
  part?: Part
  problem?: string
}

/** The files that go with the next message; each is on its way to the server from when it is chosen. */
export function useAttachments() {
  const [files, setFiles] = useState<Attached[]>([])
  const stops = useRef(new Map<string, AbortController>())

  const update = (key: string, change: Partial<Attached>) => setFiles((now) => now.map((file) => (file.key === key ? { ...file, ...change } : file)))

  const add = (chosen: Iterable<File>) => {
    for (const file of chosen) {
      const key = crypto.randomUUID()
      const stop = new AbortController()
      stops.current.set(key, stop)
      setFiles((now) => [...now, { key, name: file.name, progress: 0 }])
      giveFile(file, ({ share, held }) => update(key, { progress: share, held }), stop.signal).then(
        (given) => update(key, { progress: 1, held: false, part: { url: given.url, filename: given.name, mediaType: given.mediaType } }),
        (problem: Error) => update(key, { problem: problem.message }),
      )
    }
  }

  const remove = (key: string) => {
    stops.current.get(key)?.abort()
    stops.current.delete(key)
    setFiles((now) => now.filter((file) => file.key !== key))
  }

  const clear = () => setFiles([])

  return { files, add, remove, clear }
}
