// Drawn on a grid of 24, in strokes, so that they take the colour of the text around them.
const PATHS = {
  plus: 'M12 5v14M5 12h14',
  send: 'M12 19V5m-6 6 6-6 6 6',
  stop: 'M7 7h10v10H7z',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  check: 'm5 12 5 5 9-10',
  edit: 'M4 20h4L19 9l-4-4L4 16zM13 7l4 4',
  fork: 'M6 4v16M6 14c0-4 12-2 12-8V4m0 0-3 3m3-3 3 3',
  retry: 'M4 12a8 8 0 1 0 3-6.2M4 4v4h4',
  up: 'm6 14 6-6 6 6',
  down: 'm6 10 6 6 6-6',
  first: 'M6 5h12M12 20V9m-5 5 5-5 5 5',
  close: 'M6 6l12 12M18 6 6 18',
  pin: 'M9 4h6l-1 6 4 4H6l4-4zM12 14v6',
  archive: 'M4 5h16v4H4zM6 9v10h12V9M10 13h4',
  trash: 'M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13',
  label: 'M4 4h8l8 8-8 8-8-8zM8 8h.01',
  more: 'M6 12h.01M12 12h.01M18 12h.01',
  search: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l4 4',
  clip: 'm8 12 6-6a3 3 0 0 1 4 4l-8 8a5 5 0 0 1-7-7l7-7',
  file: 'M7 3h7l4 4v14H7zM14 3v4h4',
  tool: 'M14 7a4 4 0 0 1 5-3l-3 3 1 2 2 1 3-3a4 4 0 0 1-5 5l-8 8-3-3 8-8z',
  thought: 'M9 18h6M10 21h4M12 3a6 6 0 0 0-3 11v1h6v-1a6 6 0 0 0-3-11z',
  link: 'M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1',
  chat: 'M4 5h16v11H9l-5 4z',
  agents: 'M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM3 20c0-4 2-6 5-6s5 2 5 6M16 11a3 3 0 0 0 0-6M17 14c3 0 4 2 4 6',
  inside: 'M4 19V5M4 19h16M8 15v-4m4 4V7m4 8v-6',
  menu: 'M4 7h16M4 12h16M4 17h16',
  light: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2m0 16v2M2 12h2m16 0h2M5 5l1.5 1.5m11 11L19 19M5 19l1.5-1.5m11-11L19 5',
  leave: 'M10 4H5v16h5M14 8l4 4-4 4M18 12H9',
  warn: 'M12 4 2.5 20h19zM12 10v4m0 3v.01',
} as const

export type IconName = keyof typeof PATHS

export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg className="icon" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  )
}
