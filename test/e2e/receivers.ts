// A relay and a web server for the e2e tests: what they receive becomes lines of JSON in a file. Arguments: file, SMTP port, HTTP port.
import { appendFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { SMTPServer } from 'smtp-server'

const [, , file = '', smtpPort = '', httpPort = ''] = process.argv
const keep = (line: object) => appendFileSync(file, `${JSON.stringify(line)}\n`)

const smtp = new SMTPServer({
  ...{ authOptional: true, disabledCommands: ['STARTTLS', 'AUTH'], disableReverseLookup: true },
  onData(stream, _session, done) {
    let text = ''
    stream.setEncoding('utf8')
    stream.on('data', (piece: string) => {
      text += piece
    })
    stream.on('end', () => {
      keep({ by: 'mail', at: Date.now(), text })
      done()
    })
  },
})
const http = createServer((request, response) => {
  let body = ''
  request.setEncoding('utf8')
  request.on('data', (piece: string) => {
    body += piece
  })
  request.on('end', () => {
    keep({ by: 'webhook', at: Date.now(), body: JSON.parse(body) })
    response.writeHead(204).end()
  })
})
smtp.listen(Number(smtpPort), '127.0.0.1', () =>
  http.listen(Number(httpPort), '127.0.0.1', () => keep({ by: 'ready' })),
)
