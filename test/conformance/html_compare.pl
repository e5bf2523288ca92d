#!/usr/bin/perl
# html_compare.pl - what rules see of HTML, beside what SpamAssassin sees.
#
# html_compare.pl [--list] DUMP FILE...
#
# DUMP is the program html_dump; FILEs are messages, or HTML when they end in
# .html.  Without FILEs it takes the corpora and templates below $SUITES.
# Prints a bar line; --list shows each part that differs and its first
# difference.  html_differences.md beside this file explains what is left.
use strict;
use warnings;
use Encode ();
use File::Find ();
use File::Temp ();
use IPC::Open2;
use Mail::SpamAssassin;
use Mail::SpamAssassin::HTML;

use constant WANTED => 0.999;

my @types = qw(a area link img frame iframe embed script bgsound form base
    meta body table tr td);
my @values = qw(length html_length non_space_len image_area min_size max_size
    closed_extra_ratio bad_tag_ratio non_element_ratio obfuscation_ratio
    embeds font_low_contrast font_invalid_color font_face_bad
    form_action_mailto);
my @tags = qw(!doctype a b body br center div font form head hr/ html iframe
    img meta o:p p script span style table td title tr);

my $list = @ARGV && $ARGV[0] eq '--list' ? shift : '';
my $dump = shift or die "usage: html_compare.pl [--list] DUMP FILE...\n";

sub octets {
	my $s = shift;
	return Encode::encode('UTF-8', defined $s ? $s : '');
}

sub shown {
	my $s = octets(shift);
	$s =~ s/([\x00-\x1f\\\x7f])/sprintf("\\x%02x", ord $1)/ge;
	return $s;
}

# White space is told apart in text of characters, and only ASCII's in bytes.
sub measured {
	my ($results, $text) = @_;
	my $spaces;
	if (utf8::is_utf8($text)) {
		(my $blank = $text) =~ s/\S+//g;
		$spaces = length $blank;
	} else {
		$spaces = $text =~ tr/ \t\n\r\x0b//;
	}
	$results->{html_length} = length $text;
	$results->{non_space_len} = $results->{html_length} - $spaces;
}

sub theirs {
	my $html = Mail::SpamAssassin::HTML->new(1, 1);
	$html->parse(shift);
	my $r = $html->get_results();
	my $text = $html->get_rendered_text();
	measured($r, $text);
	my @out = ("rendered=" . shown($text),
	    "visible=" . shown($html->get_rendered_text(invisible => 0)),
	    "invisible=" . shown($html->get_rendered_text(invisible => 1)));
	my %uris = map { octets($_) => $r->{uri_detail}{$_} }
	    keys %{$r->{uri_detail} || {}};
	for my $uri (sort keys %uris) {
		my $u = $uris{$uri};
		push @out, join(' ', "uri=" . shown(Encode::decode('UTF-8',
		    $uri)), (grep { $u->{types}{$_} } @types),
		    map("{" . shown($_) . "}", @{$u->{anchor_text} || []}));
	}
	for my $kind (qw(anchor title)) {
		push @out, "$kind=" . shown($_) for @{$r->{$kind} || []};
	}
	push @out, "comments=" . @{$r->{comment} || []};
	for (@values) {
		push @out, sprintf("%s=%.6g", $_, $r->{$_})
		    if defined $r->{$_};
	}
	for (@tags) {
		push @out, "<$_>=$r->{inside}{$_}"
		    if exists $r->{inside}{$_};
	}
	return join("\n", @out) . "\n";
}

my ($from, $to);
my $pid = open2($from, $to, $dump);
binmode $from;
binmode $to;

sub ours {
	my $text = octets(shift);
	my ($n, $got, $out) = (0, 0, '');
	print $to pack('V', length $text), $text;
	$to->flush;
	read($from, $n, 4) == 4 or die "$dump died\n";
	$n = unpack('V', $n);
	while (length $out < $n) {
		read($from, $out, $n - length $out, length $out)
		    or die "$dump died\n";
	}
	return $out;
}

my ($same, $all) = (0, 0);

sub compare {
	my ($text, $path) = @_;
	my ($a, $b) = (theirs($text), ours($text));
	$all++;
	if ($a eq $b) {
		$same++;
		return;
	}
	return unless $list;
	my @a = split /\n/, $a;
	my @b = split /\n/, $b;
	my $i = 0;
	$i++ while defined $a[$i] && defined $b[$i] && $a[$i] eq $b[$i];
	my ($x, $y) = (defined $a[$i] ? $a[$i] : '', defined $b[$i] ?
	    $b[$i] : '');
	my $at = 0;
	$at++ while $at < length $x && $at < length $y &&
	    substr($x, $at, 1) eq substr($y, $at, 1);
	$at = $at > 60 ? $at - 60 : 0;
	print "$path\n  SpamAssassin ", substr($x, $at, 200),
	    "\n  ours         ", substr($y, $at, 200), "\n";
}

my @files = @ARGV;
my $folder;
if (!@files) {
	my $suites = $ENV{SUITES} || '../shared/suites';
	my $corpora = "$suites/corpora/dev.tar.zst";
	if (!-e $corpora) {
		print "bar: html-rules - (wanted 99.9 %) unmeasured\n";
		exit 0;
	}
	$folder = File::Temp->newdir();
	system('tar', '--zstd', '-xf', $corpora, '-C', "$folder") == 0
	    or die "cannot unpack $corpora\n";
	File::Find::find({no_chdir => 1, wanted => sub {
		push @files, $_ if -f $_;
	}}, "$folder", "$suites/html/templates");
	@files = sort @files;
}

my $reader = Mail::SpamAssassin->new({dont_copy_prefs => 1,
    local_tests_only => 1});
for my $path (@files) {
	open(my $in, '<:raw', $path) or die "$path: $!\n";
	my $bytes = do { local $/; <$in> };
	$bytes = '' unless defined $bytes;
	if ($path =~ /\.html$/) {
		my $text = eval { Encode::decode('UTF-8', $bytes, 1) };
		compare($bytes =~ /[\x80-\xff]/ ? $text : $bytes, $path)
		    if defined $text;
		next;
	}
	my $message = $reader->parse($bytes);
	for my $part ($message->find_parts(qr/./, 1)) {
		next unless $part->effective_type() eq 'text/html';
		my $text = $part->decode();
		next if !defined $text || $text eq '';
		compare(Mail::SpamAssassin::Message::Node::_normalize($text,
		    $part->{charset} || 'us-ascii', 1), $path);
	}
	$message->finish();
}
close $to;
waitpid $pid, 0;
my $met = $all != 0 && $same / $all >= WANTED;
printf "bar: html-rules %.2f %% of %d parts (wanted 99.9 %%) %s\n",
    $all != 0 ? 100 * $same / $all : 0, $all, $met ? 'met' : 'missed';
exit($met ? 0 : 1);
