import { Lexer, type Token, type Tokens } from 'marked'
import { memo, type ReactNode } from 'react'
import { blocksOf } from './blocks'
import { Code } from './Code'

/**
 * Markdown as React elements. Nothing in it becomes HTML by itself: tokens that are not known here, HTML among them, are
 * shown as the text they are, so there is nothing to sanitise. Pictures of other sites are links: loading one would tell
 * its site what is read here.
 */
export function Markdown({ text }: { text: string }) {
  return (
    <div className="prose">
      {blocksOf(text).map((block, i) => (
        <Block key={i} source={block} />
      ))}
    </div>
  )
}

const Block = memo(({ source }: { source: string }) => <>{each(new Lexer({ gfm: true }).lex(source))}</>)

const each = (tokens: Token[] | undefined): ReactNode => tokens?.map((token, i) => <One key={i} token={token} />)

function One({ token }: { token: Token }): ReactNode {
  switch (token.type) {
    case 'space':
      return null
    case 'paragraph':
      return <p>{each(token.tokens)}</p>
    case 'heading': {
      // The page has headings of its own above these.
      const Heading = `h${Math.min(token.depth + 2, 6)}` as 'h3'
      return <Heading>{each(token.tokens)}</Heading>
    }
    case 'code':
      return <Code text={token.text} language={token.lang ?? ''} />
    case 'blockquote':
      return <blockquote>{each(token.tokens)}</blockquote>
    case 'list':
      return <List list={token as Tokens.List} />
    case 'table':
      return <Table table={token as Tokens.Table} />
    case 'hr':
      return <hr />
    case 'strong':
      return <strong>{each(token.tokens)}</strong>
    case 'em':
      return <em>{each(token.tokens)}</em>
    case 'del':
      return <del>{each(token.tokens)}</del>
    case 'codespan':
      return <code>{token.text}</code>
    case 'br':
      return <br />
    case 'link':
      return <Outward href={token.href} title={token.title ?? undefined} children={each(token.tokens)} />
    case 'image':
      return ours(token.href) ? (
        <img src={token.href} alt={token.text} loading="lazy" />
      ) : (
        <Outward href={token.href} children={token.text || token.href} />
      )
    case 'text':
    case 'escape':
      return 'tokens' in token && token.tokens ? each(token.tokens) : token.text
    default:
      return token.raw
  }
}

function List({ list }: { list: Tokens.List }) {
  const items = list.items.map((item, i) => (
    <li key={i} className={item.task ? 'task' : undefined}>
      {item.task && <input type="checkbox" checked={item.checked ?? false} readOnly aria-label={item.checked ? 'done' : 'open'} />}
      {each(item.tokens.filter((token) => token.type !== 'checkbox'))}
    </li>
  ))
  return list.ordered ? <ol start={list.start === '' ? 1 : Number(list.start)}>{items}</ol> : <ul>{items}</ul>
}

function Table({ table }: { table: Tokens.Table }) {
  return (
    <div className="wide" tabIndex={0} role="region" aria-label="table">
      <table>
        <thead>
          <tr>
            {table.header.map((cell, i) => (
              <th key={i} className={cell.align ?? undefined}>
                {each(cell.tokens)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.rows.map((row, i) => (
            <tr key={i}>
              {row.map((cell, j) => (
                <td key={j} className={cell.align ?? undefined}>
                  {each(cell.tokens)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** A link that leads away, if it is of a kind that only leads somewhere. */
export function Outward({ href, title, children }: { href: string; title?: string; children: ReactNode }) {
  if (!/^(https?:|mailto:)/i.test(href) && !ours(href)) return <>{children}</>
  return (
    <a href={href} title={title} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  )
}

/** Whether an address is this server's own. */
export function ours(href: string): boolean {
  try {
    const url = new URL(href, location.href)
    return url.origin === location.origin && /^https?:$/.test(url.protocol)
  } catch {
    return false
  }
}
