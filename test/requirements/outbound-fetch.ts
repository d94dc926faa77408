import { held, type Requirement } from './requirement.ts';

/** What the verifier asks of the network, and what nobody can make it ask (CIMD-02 §8.6). */
export const requirements: readonly Requirement[] = [
  held('B-01', 'An IPv4 address in the place of a host is never dialled.'),
  held('B-02', 'Nor is one written as a number, in hexadecimal, in octal or shortened.'),
  held('B-03', 'An IPv6 address in the place of a host is never dialled.'),
  held('B-04', 'An IPv4 address inside an IPv6 address is judged as what it is.'),
  held('B-05', 'The addresses and names at which clouds describe a machine are never dialled.'),
  held('B-06', 'No address of either IANA special-purpose registry is dialled (RFC 6890).'),
  held('B-07', 'A name that leads to such an address is refused before a connection is made.'),
  held('B-08', 'What is dialled is the answer that was judged, whatever the name leads to later.'),
  held('B-09', 'One address that is not public spoils the whole answer of a resolver.'),
  held('B-10', 'No redirect is followed, wherever it leads (CIMD-02 §5).'),
  held('B-11', 'Any status but 200 is a failure, and is not remembered (CIMD-02 §5, §5.2).'),
  held('B-12', 'Ports of other protocols are never dialled; other ports from 1024 on may be.'),
  held('B-13', 'Names that lead nowhere on the public internet are not resolved (RFC 6761).'),
  held('B-14', 'Loopback is read when it is asked for, and never in production.'),
  held('B-15', 'Where the address that is dialled cannot be made sure of, nothing is asked.'),
  held('B-16', 'No proxy that the environment names is used.'),
  held(
    'B-17',
    'Certificates are checked and TLS is 1.2 at least; production cannot say otherwise.',
  ),
  held('B-18', 'One deadline covers the wait for a turn, name, connection, handshake and headers.'),
  held('B-19', 'The same deadline covers the body, however steadily it arrives.'),
  held('B-20', 'A request says nothing of who asks, and gives back nothing that it was given.'),
  held('B-21', 'A failure is told by its class: no address, port state or word of the other side.'),
  held('B-22', 'Requests under way, for one host and altogether, and those that wait are bounded.'),
  held('B-23', 'Whoever asks for the same at the same time shares one request.'),
];
