// The page shown in the console's place while there is no build of it. Owns the text only; routes.ts sends it.

export const notBuiltPage = `<!doctype html>
<html lang="zh-CN">
<head><meta charset="utf-8"><title>AiCarpool</title></head>
<body>
<h1>控制台尚未构建</h1>
<p>请在项目目录中运行 <code>npm run build</code>，然后刷新本页。网关本身工作正常。</p>
<div lang="en">
<h2>The console is not built yet</h2>
<p>Run <code>npm run build</code> in the project's directory and reload this page. The gateway itself is working.</p>
</div>
</body>
</html>
`
