/** What `--help` prints. */
export const USAGE = `Usage: npm create runner-plugin NAME [-- --template TEMPLATE]

Makes a plugin package for runner in the directory NAME. A NAME such as
@acme/hello makes the package @acme/hello, with the plugin hello, in hello.

Options:
  -t, --template  What to begin with, one of  [default: "tcp"]
                    tcp    a server that greets whoever connects
                    http   a server for node:http
                    timer  something done every so many seconds
                    js     tcp in plain JavaScript, without a build
      --help      Show this help and exit.
      --version   Show the version and exit.
`
