# Verifies every DKIM signature of the message on standard input with Debian's Mail::DKIM, a second opinion beside dkimpy.
# Arguments: NAME TXT pairs that stand for DNS. Prints "KIND RESULT" a signature, top down.
use strict;
use warnings;
use Mail::DKIM::DNS;
use Mail::DKIM::Verifier;
use Net::DNS::RR;

my %text = @ARGV;
no warnings 'redefine';
*Mail::DKIM::DNS::query = sub {
    my ($name) = @_;
    return () unless exists $text{$name};
    return Net::DNS::RR->new(owner => $name, type => 'TXT', txtdata => [unpack '(a255)*', $text{$name}]);
};

my $verifier = Mail::DKIM::Verifier->new;
binmode STDIN;
local $/;
$verifier->PRINT(<STDIN>);
$verifier->CLOSE;
print $_->algorithm, ' ', $_->result_detail, "\n" for $verifier->signatures;
