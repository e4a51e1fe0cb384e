// A page's heading with a short introduction, and the browser's title that goes with it.
import { Typography } from 'antd'
import type { ReactNode } from 'react'
import { usePageTitle } from './page-title.ts'

export function PageHeading({ title, heading, intro }: { title: string; heading: string; intro: ReactNode }) {
  usePageTitle(title)
  return (
    <div className="page-intro">
      <Typography.Title level={1} style={{ fontSize: 22, marginBottom: 4 }}>
        {heading}
      </Typography.Title>
      <Typography.Text type="secondary">{intro}</Typography.Text>
    </div>
  )
}
