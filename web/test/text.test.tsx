import { cleanup, render } from '@testing-library/react'
import { afterEach, describe, expect, test } from 'vitest'
import { blocksOf } from '../src/text/blocks'
import { Markdown } from '../src/text/Markdown'

afterEach(cleanup)
const shown = (text: string) => render(<Markdown text={text} />).container

describe('Markdown', () => {
  test('becomes elements', () => {
    const it = shown('# One\n\nA **b** *c* `d` [e](https://e.example)\n\n- x\n- y\n\n| h |\n|--:|\n| 1 |')
    expect(it.querySelector('h3')?.textContent).toBe('One')
    expect(it.querySelector('strong')?.textContent).toBe('b')
    expect(it.querySelector('a')?.rel).toContain('noopener')
    expect(it.querySelectorAll('li')).toHaveLength(2)
    expect(it.querySelector('td')?.className).toBe('right')
  })

  test.each([
    ['<script>alert(1)</script>', 'script'],
    ['<img src=x onerror=alert(1)>', 'img'],
    ['a <b onclick=alert(1)>b</b>', 'b'],
    ['![p](https://evil.example/p.png)', 'img'],
    ['[x](javascript:alert(1))', 'a'],
    ['[x](data:text/html,<script>alert(1)</script>)', 'a'],
    ['[x](vbscript:x)', 'a'],
    ['<iframe src="https://evil.example"></iframe>', 'iframe'],
  ])('shows %s and makes no element of it', (text, element) => {
    expect(shown(text).querySelector(element)).toBeNull()
  })

  test('shows a picture of this server', () => {
    expect(shown('![p](/files/a/p.png)').querySelector('img')?.getAttribute('src')).toBe('/files/a/p.png')
  })

  test('shows what is half there', () => {
    expect(shown('text\n\n```java\nint a = ').querySelector('pre')?.textContent).toBe('int a = ')
    expect(shown('| a | b |\n|---').textContent).toContain('a')
  })
})

describe('the blocks of a text', () => {
  test('put together are the text', () => {
    const text = '# a\n\nb\nc\n\n```\nx\n\ny\n```\n\n- 1\n\n- 2\n\nend'
    expect(blocksOf(text).join('')).toBe(text)
    expect(blocksOf(text)).toHaveLength(5)
  })

  test('stay as they are while the text grows', () => {
    const text = 'first\n\nsecond **bold**\n\n```js\nlet a\n\nlet b\n```\n\nlast'
    let before: string[] = []
    for (let end = 1; end <= text.length; end++) {
      const blocks = blocksOf(text.slice(0, end))
      expect(blocks.slice(0, before.length - 1)).toEqual(before.slice(0, -1))
      before = blocks
    }
  })
})
