import type { RootContent } from 'hast'
import { Fragment, memo, useEffect, useState, type ReactNode } from 'react'
import { CopyButton } from '../frame/CopyButton'

type Lowlight = Awaited<typeof import('./languages')>['lowlight']

let loaded: Lowlight | undefined

/** Code, with its colours as soon as the part of the page that knows them is there. Long code stays plain. */
export const Code = memo(({ text, language }: { text: string; language: string }) => {
  const name = language.split(/\s/)[0]!.toLowerCase()
  const [lowlight, setLowlight] = useState(loaded)
  useEffect(() => {
    if (!loaded && name) {
      void import('./languages').then((module) => {
        loaded = module.lowlight
        setLowlight(loaded)
      })
    }
  }, [name])
  const coloured = lowlight && name && text.length < 50_000 && lowlight.registered(name)
  return (
    <figure className="code">
      <figcaption>
        <span>{name || 'text'}</span>
        <CopyButton text={text} label="Copy code" />
      </figcaption>
      <pre tabIndex={0} aria-label={`code, ${name || 'text'}`}>
        <code>{coloured ? elements(lowlight.highlight(name, text).children) : text}</code>
      </pre>
    </figure>
  )
})

function elements(nodes: RootContent[]): ReactNode {
  return nodes.map((node, i) => {
    if (node.type === 'text') return <Fragment key={i}>{node.value}</Fragment>
    if (node.type !== 'element') return null
    return (
      <span key={i} className={(node.properties.className as string[] | undefined)?.join(' ')}>
        {elements(node.children as RootContent[])}
      </span>
    )
  })
}
