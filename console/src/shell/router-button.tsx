// A link of this console that looks like a button: it stays a real link, so it can be opened in a new tab.
import { createLink } from '@tanstack/react-router'
import { Button } from 'antd'

export const RouterButton = createLink(Button)
