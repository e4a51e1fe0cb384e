// Colours and density for antd. Its defaults miss the 4.5 : 1 contrast of WCAG AA for secondary text, links and the
// text of coloured tags, so those tokens are set darker (or lighter, in the dark theme) here.
import { theme, type ThemeConfig } from 'antd'

const density = {
  fontSize: 14,
  controlHeight: 30,
  padding: 14,
  paddingLG: 18,
  margin: 12,
  borderRadius: 6,
} as const

const components = {
  Form: { itemMarginBottom: 18 },
  Tabs: { verticalItemMargin: '2px 0 0', verticalItemPadding: '6px 16px' },
} as const

const systemFonts =
  "system-ui, -apple-system, 'Segoe UI', 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif"

const lightTheme: ThemeConfig = {
  algorithm: theme.defaultAlgorithm,
  token: {
    ...density,
    fontFamily: systemFonts,
    colorPrimary: '#0b57d0',
    colorInfo: '#0b57d0',
    colorPrimaryHover: '#0842a0',
    colorLink: '#0b57d0',
    colorLinkHover: '#0842a0',
    colorSuccess: '#14692b',
    colorWarning: '#8a4b00',
    colorError: '#b3261e',
    colorBgLayout: '#f5f6f8',
    colorTextSecondary: 'rgba(0, 0, 0, 0.72)',
    colorTextTertiary: 'rgba(0, 0, 0, 0.65)',
    colorTextDescription: 'rgba(0, 0, 0, 0.65)',
    colorTextPlaceholder: '#636b78',
  },
  components,
}

const darkTheme: ThemeConfig = {
  algorithm: theme.darkAlgorithm,
  token: {
    ...density,
    fontFamily: systemFonts,
    colorPrimary: '#2f74e8',
    colorPrimaryHover: '#2259b8',
    colorBgLayout: '#0e1013',
    colorBgContainer: '#16181c',
    colorBgElevated: '#1f2228',
    colorInfo: '#2f74e8',
    colorLink: '#8ab4f8',
    colorSuccess: '#5fcf80',
    colorWarning: '#f0b255',
    colorError: '#f28b82',
    colorTextSecondary: 'rgba(255, 255, 255, 0.78)',
    colorTextTertiary: 'rgba(255, 255, 255, 0.68)',
    colorTextDescription: 'rgba(255, 255, 255, 0.68)',
    colorTextPlaceholder: 'rgba(255, 255, 255, 0.6)',
  },
  components: {
    ...components,
    // The blue that carries white text is too dark to be text itself on a dark page.
    Tabs: {
      ...components.Tabs,
      itemSelectedColor: '#8ab4f8',
      itemHoverColor: '#aecbfa',
      itemActiveColor: '#8ab4f8',
      inkBarColor: '#8ab4f8',
    },
    Button: { defaultHoverColor: '#aecbfa', defaultHoverBorderColor: '#8ab4f8', defaultActiveColor: '#8ab4f8' },
  },
}

export const antdTheme = (isDark: boolean): ThemeConfig => (isDark ? darkTheme : lightTheme)
