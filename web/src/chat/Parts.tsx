import { memo, useEffect, useState } from 'react'
import type { Part } from '../api/types'
import { Icon } from '../frame/Icon'
import { Code } from '../text/Code'
import { Markdown, ours, Outward } from '../text/Markdown'

/** What a message or an artifact is made of: texts, pictures, players, files, data. */
export const Parts = memo(({ parts, plain }: { parts: readonly Part[]; plain?: boolean }) => (
  <>
    {parts.map((part, i) => (
      <One key={i} part={part} plain={plain} />
    ))}
  </>
))

function One({ part, plain }: { part: Part; plain?: boolean }) {
  if (part.text !== undefined) {
    return plain ? <p className="plain">{part.text}</p> : <Markdown text={part.text} />
  }
  if (part.url !== undefined) return <File url={part.url} part={part} />
  if (part.raw !== undefined) return <Raw raw={part.raw} part={part} />
  const data = part.data as { toolCalls?: unknown; toolResults?: unknown } | undefined
  if (data === undefined || data?.toolCalls || data?.toolResults) return null
  return <Code language="json" text={JSON.stringify(part.data, null, 2)} />
}

/** A file that came in the message itself. */
function Raw({ raw, part }: { raw: string; part: Part }) {
  const [url, setUrl] = useState<string>()
  useEffect(() => {
    const bytes = Uint8Array.from(atob(raw), (letter) => letter.charCodeAt(0))
    const made = URL.createObjectURL(new Blob([bytes], { type: part.mediaType }))
    setUrl(made)
    return () => URL.revokeObjectURL(made)
  }, [raw, part.mediaType])
  return url ? <File url={url} part={part} /> : null
}

function File({ url, part }: { url: string; part: Part }) {
  const name = part.filename ?? decodeURIComponent(url.split('/').at(-1)!.split('?')[0]!)
  const type = part.mediaType ?? ''
  const own = url.startsWith('blob:') || ours(url)
  if (!own) {
    return (
      <p>
        <Outward href={url}>{name || url}</Outward>
      </p>
    )
  }
  if (type.startsWith('image/') && type !== 'image/svg+xml') {
    return (
      <a className="picture" href={url} target="_blank" rel="noopener noreferrer">
        <img src={url} alt={name} loading="lazy" />
      </a>
    )
  }
  if (type.startsWith('video/')) return <video className="player" src={url} controls preload="metadata" aria-label={name} />
  if (type.startsWith('audio/')) return <audio className="player" src={url} controls preload="metadata" aria-label={name} />
  return (
    <a className="file" href={url} download={name}>
      <Icon name="file" />
      <span>{name}</span>
      {type && <small>{type}</small>}
    </a>
  )
}
