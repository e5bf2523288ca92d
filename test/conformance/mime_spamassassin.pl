#!/usr/bin/perl
# mime_spamassassin.pl - prints what SpamAssassin takes messages for, one line of
# JSON for each file named on standard input, as mime_tree does.  Digests are
# made without blanks and line ends: it cuts long lines and drops empty ones.
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use JSON::PP;
use Mail::SpamAssassin::Message;

sub text_of {
	my ($node) = @_;
	my (undef, $text) = $node->rendered();
	return undef unless defined $text;
	utf8::encode($text) if utf8::is_utf8($text);
	return $text;
}

sub squeezed {
	my ($bytes) = @_;
	$bytes =~ tr/ \t\n\r\f\x0b//d;
	return substr(sha256_hex($bytes), 0, 32);
}

sub walk {
	my ($node, $depth, $out) = @_;
	my $children = $node->{body_parts} || [];
	my %part = (depth => $depth, type => $node->{type},
	    children => scalar @$children);
	if ($node->is_leaf()) {
		my $bytes = $node->decode();
		$bytes = '' unless defined $bytes;
		$part{name} = $node->{name};
		$part{squeezed} = squeezed($bytes);
		my $kind = $node->effective_type();
		$part{effective} = $kind;
		if ($kind eq 'text/plain') {
			my $text = text_of($node);
			$part{squeezed_text} =
			    squeezed(defined $text ? $text : '');
		}
	}
	push @$out, \%part;
	walk($_, $depth + 1, $out) for @$children;
}

my $json = JSON::PP->new->canonical->ascii;
while (my $path = <STDIN>) {
	chomp $path;
	open(my $in, '<:raw', $path) or die "$path: $!";
	my $text = do { local $/; <$in> };
	$text = '' unless defined $text;
	my $message = Mail::SpamAssassin::Message->new({message => $text,
	    normalize => 1});
	$message->parse_body();
	my $fields = join('', map("$_\n", map($message->header($_),
	    qw(Subject From To Cc Reply-To Organization))));
	my @parts;
	walk($message, 0, \@parts);
	print $json->encode({file => $path, parts => \@parts,
	    fields => substr(sha256_hex($fields), 0, 32)}), "\n";
	$message->finish();
}
